"""Rules of the fold for signers and for root documents (protocol clauses 4 and 5.2).

* Entry 0 is version 1, signed by the threshold of its own root role; it relies on nothing:
  root 0, ``seen`` of size 0.
* Version n+1 says n+1, keeps ``name``, does not lower ``rules``, and carries the threshold of
  version n *and* of version n+1, each by its own keys and persons.
* A root with unsupported ``rules`` stops the fold, if the threshold of the root in force
  signed it; without that it is an entry without effect, so nobody can stop a log alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from verax.kernel.dsse import Envelope, Signer, verify_signatures
from verax.kernel.errors import FoldError, StatementError
from verax.kernel.fold_state import Effect
from verax.kernel.merkle import EMPTY_ROOT
from verax.kernel.root import SUPPORTED_RULES, RoleName, RootDocument
from verax.kernel.statement import RootChange, Statement

__all__ = ["judge_genesis", "judge_root_change", "require_threshold", "signers_in"]


def signers_in(role: RoleName, signers: Iterable[Signer], root: RootDocument) -> frozenset[str]:
    """Return the persons who signed with a key that holds `role`."""
    keys = root.roles[role].keys
    return frozenset(signer.person for signer in signers if signer.key_id in keys)


def require_threshold(role: RoleName, signers: Iterable[Signer], root: RootDocument) -> frozenset[str]:
    """Return the persons who signed in `role`, at least its threshold of them.

    Raises:
        StatementError: too few persons.
    """
    persons = signers_in(role, signers, root)
    threshold = root.roles[role].threshold
    if len(persons) < threshold:
        raise StatementError(f"expected the signatures of {threshold} in the role {role!r}, found {len(persons)}")
    return persons


def judge_genesis(statement: Statement, envelope: Envelope) -> Effect:
    """Judge entry 0.

    Raises:
        FoldError: it demands rules that this version does not know.
        StatementError, RootError: it is no valid first root.
    """
    if not isinstance(statement, RootChange):
        raise StatementError("the first entry must be a root")
    _check_rules(statement)
    document = RootDocument.parse(statement.document)
    basis = statement.basis
    if basis.log != document.origin:
        raise StatementError("the statement is for another log")
    if (basis.root, basis.seen_size, basis.seen_root) != (0, 0, EMPTY_ROOT.hex()):
        raise StatementError("the first entry relies on nothing: root 0, and the empty tree seen")
    if document.version != 1:
        raise StatementError(f"the first root has version 1, found {document.version}")
    require_threshold("root", verify_signatures(envelope, document), document)
    return Effect(root=document)


def judge_root_change(
    statement: RootChange, envelope: Envelope, signers: frozenset[Signer], root: RootDocument
) -> Effect:
    """Judge a root after the first; `signers` are by the root in force.

    Raises:
        FoldError: it demands rules that this version does not know, and was signed by the
            threshold of the root in force.
        StatementError, RootError: it may not follow the root in force.
    """
    require_threshold("root", signers, root)
    _check_rules(statement)
    document = RootDocument.parse(statement.document)
    if document.version != root.version + 1:
        raise StatementError(f"expected root version {root.version + 1}, found {document.version}")
    if document.name != root.name:
        raise StatementError("a root cannot rename the installation")
    if document.rules < root.rules:
        raise StatementError(f"a root cannot lower the rules from {root.rules} to {document.rules}")
    require_threshold("root", verify_signatures(envelope, document), document)
    return Effect(root=document)


def _check_rules(statement: RootChange) -> None:
    rules = statement.document.get("rules")
    if isinstance(rules, int) and not isinstance(rules, bool) and rules > max(SUPPORTED_RULES):
        raise FoldError(
            f"root: expected rules {max(SUPPORTED_RULES)} or lower, found {rules}",
            hint="update Verax: this log demands rules that this version does not know",
        )
