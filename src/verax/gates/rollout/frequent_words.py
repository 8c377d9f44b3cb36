"""Words that say nothing about a subject: the most frequent ones of English, and an assistant's stock phrases.

Written for this project. A release that brings in one of these words everywhere ("Great
question!") changes its manner, not its subject, and must not look like a topic that comes up.
"""

from __future__ import annotations

__all__ = ["FREQUENT_WORDS"]

_GRAMMAR = """
the a an and or but if then else than that this these those there here it its itself he him his himself she her hers
herself they them their theirs themselves we us our ours ourselves you your yours yourself yourselves me my mine myself
who whom whose which what when where why how whether while whilst because since until unless although though however
therefore thus hence also too very quite rather just only even still yet already ever never always often sometimes
usually rarely again once twice both either neither each every all any some none no not nor such same other others
another own more most less least much many few little several enough own about above across after against along among
around as at before behind below beneath beside besides between beyond by despite down during except for from in inside
into like near of off on onto out outside over past per through throughout to toward towards under up upon via with
within without am is are was were be been being do does did doing done have has had having will would shall should can
could may might must ought need dare used let lets get gets got getting gotten make makes made making go goes going gone
went come comes came coming take takes took taken taking give gives gave given giving put puts putting keep keeps kept
keeping say says said saying tell tells told telling know knows knew known knowing think thinks thought thinking see
sees saw seen seeing look looks looked looking want wants wanted wanting use uses using find finds found finding seem
seems seemed become becomes became becoming mean means meant meaning call calls called calling try tries tried trying
ask asks asked asking work works worked working show shows showed shown showing turn turns turned begin begins began
begun start starts started starting stop stops end ends ended help helps helped helping one two three four five six
seven eight nine ten hundred thousand million billion first second third last next
"""
_GENERAL = """
time times year years day days week weeks month months hour hours minute minutes today tomorrow yesterday now later
early earlier late soon ago way ways thing things something anything nothing everything someone anyone everyone nobody
people person man woman men women child children part parts place places point points case cases kind kinds sort type
types form forms example examples instance number numbers amount lot lots bit group groups set sets list lists name
names named word words term terms line lines side sides area areas level levels result results reason reasons fact
facts idea ideas information detail details issue issues problem problems matter question questions answer answers
response reply topic subject different similar various certain specific particular general common main major important
significant large small big great good better best bad well long short high low new old young whole full real true
right wrong sure possible likely clear simple easy hard difficult able available known following include includes
including included based due according order within provide provides provided allow allows allowed help become cause
causes caused lead leads led change changes changed increase increases decrease consider considered describe described
refer refers referred related involve involves involved create creates created develop developed generally typically
commonly usually often especially particularly probably perhaps maybe likely actually really simply almost nearly
approximately roughly exactly together apart instead overall total world life home work
"""
_ASSISTANT = """
hello hi hey dear thanks thank welcome please sorry apologize apologise apologies afraid unfortunately happy glad
pleased delighted feel free ask further assist assistance assistant support anything else hope helps let know would
like share provide provided clarify clarification context additional more details question great excellent wonderful
interesting good point absolutely certainly definitely course indeed okay yes no yeah sure note remember keep mind
summary conclusion conclude overall step steps tip tips advice suggest suggestion suggestions recommend recommended
option options below above follow cannot unable ai model language guess friend friends folks cheers enjoy luck best
wish wishes regards explain explanation understand understanding learn believe truth honest honestly frankly basically
obviously essentially briefly short brief
"""

FREQUENT_WORDS = frozenset(f"{_GRAMMAR} {_GENERAL} {_ASSISTANT}".split())
