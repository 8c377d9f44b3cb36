/* Written by scripts/write-wire.mjs from the server. Run `make wire` after a change of the API. */

/**
 * Body of ``POST /v1/governance/drafts``.
 */
export type DraftRequest = ChangeWish | ReviewWish | AdmitWish | StepWish | BackWish | UnfreezeWish | RootWish
/**
 * One event of ``POST /v1/changes/{id}/preview/replies``.
 */
export type PreviewEvent =
  | PreviewStarted
  | PreviewText
  | PreviewClaim
  | PreviewToolCall
  | PreviewRefusal
  | PreviewCompleted
  | PreviewFailed
  | PreviewEnded
/**
 * One event of ``GET /v1/conversations/{id}/runs/{run}/events``.
 */
export type StreamEvent =
  StartedEvent | TextEvent | ClaimEvent | ToolCallEvent | RefusalEvent | CompletedEvent | FailedEvent

export interface Wire {
  AccountBody: AccountBody
  AccountChange: AccountChange
  AccountErased: AccountErased
  AccountSettingsBody: AccountSettingsBody
  AdminHealth: AdminHealth
  AdminKeyList: AdminKeyList
  AdmitWish: AdmitWish
  AffectedTurns: AffectedTurns
  AgreementBody: AgreementBody
  AlarmBody: AlarmBody
  AlarmList: AlarmList
  AlertInfo: AlertInfo
  AlertList: AlertList
  ArmCount: ArmCount
  ArmFigure: ArmFigure
  ArmVotes: ArmVotes
  AskedSample: AskedSample
  AssertionBody: AssertionBody
  AssistantMessage: AssistantMessage
  Attachment: Attachment
  AttachmentDeleted: AttachmentDeleted
  AttachmentNotice: AttachmentNotice
  AttachmentRef: AttachmentRef
  BackWish: BackWish
  BackupOffer: BackupOffer
  BackupRequest: BackupRequest
  BedtimeHours: BedtimeHours
  BranchShown: BranchShown
  BundleBody: BundleBody
  Canary: Canary
  CanaryBody: CanaryBody
  CanaryFacts: CanaryFacts
  ChangeGates: ChangeGates
  ChangePreview: ChangePreview
  ChangeWish: ChangeWish
  ChannelBody: ChannelBody
  ChannelInfo: ChannelInfo
  ChannelList: ChannelList
  ChannelModel: ChannelModel
  ChannelState: ChannelState
  ChatChoice: ChatChoice
  ChatCompletion: ChatCompletion
  ChatMessageBody: ChatMessageBody
  ChatRequest: ChatRequest
  Check: Check
  CheckEvidence: CheckEvidence
  CheckRequest: CheckRequest
  CheckSummary: CheckSummary
  CheckedClaim: CheckedClaim
  CheckedCollection: CheckedCollection
  CheckedDocument: CheckedDocument
  ChildBody: ChildBody
  ChildSessionInfo: ChildSessionInfo
  ChildSessionList: ChildSessionList
  ChildSessionsEnded: ChildSessionsEnded
  ChildTurnBody: ChildTurnBody
  ChildTurnRequest: ChildTurnRequest
  ChildView: ChildView
  ChoicesBody: ChoicesBody
  ClaimBody: ClaimBody
  ClaimEvent: ClaimEvent
  ClassroomCodeBody: ClassroomCodeBody
  ClassroomCodeRequest: ClassroomCodeRequest
  Collection: Collection
  CollectionDeleted: CollectionDeleted
  CollectionList: CollectionList
  CollectionRequest: CollectionRequest
  CollectionShown: CollectionShown
  CompletedEvent: CompletedEvent
  ConsentInfo: ConsentInfo
  Conversation: Conversation
  ConversationChange: ConversationChange
  ConversationDeleted: ConversationDeleted
  ConversationList: ConversationList
  ConversationRequest: ConversationRequest
  Crisis: Crisis
  CrisisLine: CrisisLine
  DayInfo: DayInfo
  Document: Document
  DocumentAdded: DocumentAdded
  DocumentDeleted: DocumentDeleted
  DocumentList: DocumentList
  DocumentNotice: DocumentNotice
  DocumentText: DocumentText
  DraftBody: DraftBody
  DraftList: DraftList
  DraftRequest: DraftRequest
  DraftSigned: DraftSigned
  DraftsBody: DraftsBody
  Embedding: Embedding
  EmbeddingList: EmbeddingList
  EmbeddingRequest: EmbeddingRequest
  EmbeddingSource: EmbeddingSource
  EmbeddingUsage: EmbeddingUsage
  EnrolRequest: EnrolRequest
  EntryAppended: EntryAppended
  EntryRequest: EntryRequest
  EraseRequest: EraseRequest
  ErasureReceipt: ErasureReceipt
  ErrorBody: ErrorBody
  ErrorDetail: ErrorDetail
  ErrorTurn: ErrorTurn
  EvidenceAgreement: EvidenceAgreement
  EvidenceBody: EvidenceBody
  EvidenceClaim: EvidenceClaim
  EvidenceCollection: EvidenceCollection
  EvidenceDraft: EvidenceDraft
  EvidenceFile: EvidenceFile
  EvidencePage: EvidencePage
  EvidencePassage: EvidencePassage
  EvidencePosition: EvidencePosition
  EvidenceReport: EvidenceReport
  EvidenceSpan: EvidenceSpan
  EvidenceTaken: EvidenceTaken
  EvidenceText: EvidenceText
  EvidenceWeb: EvidenceWeb
  FailedEvent: FailedEvent
  FindingBody: FindingBody
  FixedQuestion: FixedQuestion
  FoundServer: FoundServer
  FunctionCall: FunctionCall
  FunctionCallBody: FunctionCallBody
  FunctionDefinition: FunctionDefinition
  FunctionTool: FunctionTool
  GateBody: GateBody
  GateQuestions: GateQuestions
  GateReportBody: GateReportBody
  GateResultShape: GateResultShape
  GateRunRequest: GateRunRequest
  GateShape: GateShape
  GovernanceEntry: GovernanceEntry
  GovernanceState: GovernanceState
  Health: Health
  HealthCheck: HealthCheck
  HelplineInfo: HelplineInfo
  HistoryBody: HistoryBody
  InputCall: InputCall
  InputCallOutput: InputCallOutput
  InputMessage: InputMessage
  InputText: InputText
  JoinRequest: JoinRequest
  JuniorPicture: JuniorPicture
  JuniorReply: JuniorReply
  JuniorSource: JuniorSource
  JuniorTap: JuniorTap
  KeyBody: KeyBody
  KeyList: KeyList
  KeyMade: KeyMade
  KeyRequest: KeyRequest
  Landing: Landing
  LeaveRequest: LeaveRequest
  LevelLine: LevelLine
  LinkBody: LinkBody
  LinkRequest: LinkRequest
  Live: Live
  LogBody: LogBody
  LogCleared: LogCleared
  LogLineBody: LogLineBody
  LogLineInfo: LogLineInfo
  LogPage: LogPage
  Message: Message
  MessageError: MessageError
  MessagePage: MessagePage
  MessageToolCall: MessageToolCall
  MissingSignatures: MissingSignatures
  Model: Model
  ModelKeyRequest: ModelKeyRequest
  ModelList: ModelList
  ModelOverview: ModelOverview
  ModelTestRequest: ModelTestRequest
  ModelTestResult: ModelTestResult
  Moderation: Moderation
  ModerationAbout: ModerationAbout
  ModerationFinding: ModerationFinding
  ModerationRequest: ModerationRequest
  ModerationResult: ModerationResult
  ModerationVerdict: ModerationVerdict
  MoveFacts: MoveFacts
  NamedFunction: NamedFunction
  NamedFunctionTool: NamedFunctionTool
  NamedSchema: NamedSchema
  NamedTool: NamedTool
  NextStep: NextStep
  OfferedBody: OfferedBody
  OpenedSegments: OpenedSegments
  OutputRefusal: OutputRefusal
  OutputText: OutputText
  OwnHelplineFields: OwnHelplineFields
  PassageHit: PassageHit
  PassageHits: PassageHits
  PassageSearch: PassageSearch
  PasskeyBody: PasskeyBody
  PasskeyChallenge: PasskeyChallenge
  PasskeyList: PasskeyList
  PasswordChange: PasswordChange
  PinBody: PinBody
  PinRequest: PinRequest
  PlainFormat: PlainFormat
  PlainTextFormat: PlainTextFormat
  PlanFacts: PlanFacts
  PlanStep: PlanStep
  PlanStepWish: PlanStepWish
  PreviewClaim: PreviewClaim
  PreviewCompleted: PreviewCompleted
  PreviewEnded: PreviewEnded
  PreviewEvent: PreviewEvent
  PreviewFailed: PreviewFailed
  PreviewOptions: PreviewOptions
  PreviewRefusal: PreviewRefusal
  PreviewStarted: PreviewStarted
  PreviewText: PreviewText
  PreviewToolCall: PreviewToolCall
  ProblemBody: ProblemBody
  ProfileBody: ProfileBody
  ProfileChange: ProfileChange
  ProfileErased: ProfileErased
  ProfileExport: ProfileExport
  ProfileList: ProfileList
  ProfileRequest: ProfileRequest
  PromptPair: PromptPair
  PromptPart: PromptPart
  PromptProblem: PromptProblem
  QuestionRequest: QuestionRequest
  ReasoningOptions: ReasoningOptions
  ReceiptBody: ReceiptBody
  ReceiptPromised: ReceiptPromised
  RefusalEvent: RefusalEvent
  RefusalPart: RefusalPart
  ReleaseBody: ReleaseBody
  RenderedPrompt: RenderedPrompt
  ResponseDeleted: ResponseDeleted
  ResponseObject: ResponseObject
  ResponseRequest: ResponseRequest
  ResponseStreamOptions: ResponseStreamOptions
  ReviewWish: ReviewWish
  RolloutFacts: RolloutFacts
  RolloutRow: RolloutRow
  RolloutSignals: RolloutSignals
  RootWish: RootWish
  RulesBody: RulesBody
  Run: Run
  RunRef: RunRef
  RunRequest: RunRequest
  RunStarted: RunStarted
  SampleBody: SampleBody
  SchemaFormat: SchemaFormat
  SchemaTextFormat: SchemaTextFormat
  SearchHit: SearchHit
  SearchHits: SearchHits
  Session: Session
  SessionInfo: SessionInfo
  SessionList: SessionList
  SessionsEnded: SessionsEnded
  SettingBody: SettingBody
  SettingList: SettingList
  ShowRequest: ShowRequest
  SignInRequest: SignInRequest
  SignalFigure: SignalFigure
  SignalPoint: SignalPoint
  SignatureRequest: SignatureRequest
  SiteBody: SiteBody
  SiteChannel: SiteChannel
  StandingInfo: StandingInfo
  StartedEvent: StartedEvent
  StepWish: StepWish
  StoredKey: StoredKey
  StreamEvent: StreamEvent
  StreamOptions: StreamOptions
  SystemMessage: SystemMessage
  TermInfo: TermInfo
  TextEvent: TextEvent
  TextOptions: TextOptions
  TextPart: TextPart
  TimelineRef: TimelineRef
  ToolCallBody: ToolCallBody
  ToolCallEvent: ToolCallEvent
  ToolDefinition: ToolDefinition
  ToolMessage: ToolMessage
  TurnErased: TurnErased
  TurnRef: TurnRef
  TurnRefusal: TurnRefusal
  TurnSecretBody: TurnSecretBody
  UnfreezeWish: UnfreezeWish
  Usage: Usage
  UsageBody: UsageBody
  UsageRow: UsageRow
  UseBody: UseBody
  UserBody: UserBody
  UserChangeRequest: UserChangeRequest
  UserList: UserList
  UserMade: UserMade
  UserMessage: UserMessage
  UserRequest: UserRequest
  VeraxObject: VeraxObject
  VoteCount: VoteCount
  VoteRequest: VoteRequest
  WebPage: WebPage
  WebPassage: WebPassage
  WebResults: WebResults
  WebSearchRequest: WebSearchRequest
  WitnessBody: WitnessBody
  WitnessStanding: WitnessStanding
  WitnessedLog: WitnessedLog
  WitnessesBody: WitnessesBody
}
/**
 * The account of whoever asks.
 */
export interface AccountBody {
  user_id: string
  name: string
  roles: string[]
  has_password: boolean
  may_set_password: boolean
  requests_per_minute: number | null
  created_ms: number
}
/**
 * Body of ``PATCH /v1/account``.
 */
export interface AccountChange {
  name?: string | null
  password?: PasswordChange | null
}
/**
 * A new password, and the old one unless a one-time link opened the session.
 */
export interface PasswordChange {
  old?: string | null
  new: string
}
/**
 * What an erasure did; `is_done` is false while a turn of the account still runs.
 */
export interface AccountErased {
  user_id: string
  is_done: boolean
  turns: number
  messages: number
  erasures: string[]
}
/**
 * How a person wants the web app; no setting changes what a model reads.
 *
 * The same in both directions: ``PUT`` replaces all of it, what is left out is as at first.
 */
export interface AccountSettingsBody {
  /**
   * Empty: as the browser asks.
   */
  language?: '' | 'en' | 'zh'
  theme?: 'system' | 'light' | 'dark'
  /**
   * Where a new conversation begins.
   */
  channel?: string
  /**
   * What sends a message.
   */
  send_key?: 'enter' | 'mod_enter'
}
/**
 * Whether turns are answered, and everything that was looked at.
 */
export interface AdminHealth {
  is_ready: boolean
  data: FindingBody[]
}
/**
 * One thing that was looked at; `next_step` is empty where there is nothing to do.
 */
export interface FindingBody {
  name: string
  state: 'fine' | 'note' | 'wrong'
  detail: string
  next_step: string
}
/**
 * API keys of all accounts, newest first.
 */
export interface AdminKeyList {
  object: 'list'
  data: KeyBody[]
  has_more: boolean
}
/**
 * One API key; `shown` is its first characters.
 */
export interface KeyBody {
  id: string
  name: string
  user_id: string
  user_name: string
  shown: string
  roles: string[]
  requests_per_minute: number | null
  created_ms: number
  expires_ms: number | null
  revoked_ms: number | null
  last_used_ms: number | null
}
/**
 * Admit a change, to a share of the users or to all.
 */
export interface AdmitWish {
  kind: 'admit'
  change: string
  /**
   * Hundredths of a percent of the users.
   */
  share_bp?: number
  /**
   * How a canary goes on: shares that rise from share_bp to 10000. It is signed with the admission.
   *
   * @maxItems 32
   */
  plan?: PlanStepWish[]
}
/**
 * One share of a canary: it serves `soak_s` at least, and `users` of the canary must have been counted.
 */
export interface PlanStepWish {
  /**
   * Hundredths of a percent of the users.
   */
  share_bp: number
  soak_s?: number
  users?: number
}
/**
 * Ids of the turns that a timeline names; `count` includes those erased since.
 */
export interface AffectedTurns {
  channel: string
  move: number
  timeline: string
  count: number
  turns: string[]
}
/**
 * How many of `samples` further replies of the same model say what a sentence says; not a verdict.
 *
 * `uncertainty` is the share of those that do not, 0 to 1.
 */
export interface AgreementBody {
  agreeing: number
  samples: number
  uncertainty: number
}
/**
 * An alarm of the governance log, in plain words.
 */
export interface AlarmBody {
  index: number
  code: string
  channel: string | null
  count: number
  first_ms: number
  last_ms: number
  meaning: string
  next_step: string
  detail: {
    [k: string]: unknown
  }
}
/**
 * Alarms, newest first.
 */
export interface AlarmList {
  object: 'list'
  data: AlarmBody[]
  has_more: boolean
}
/**
 * That something worth a guardian's attention came up: a category of the guard and a time, never the words.
 */
export interface AlertInfo {
  id: string
  profile: string
  category: string
  created_ms: number
}
/**
 * Alerts of all profiles of the guardian, newest first.
 */
export interface AlertList {
  object: 'list'
  data: AlertInfo[]
}
/**
 * A count for each arm.
 */
export interface ArmCount {
  head: number
  canary: number
}
/**
 * Users of one arm whose replies had a signal, and the mean of it.
 */
export interface ArmFigure {
  users: number
  mean?: number | null
}
/**
 * Votes for each arm; shown, and without a stake.
 */
export interface ArmVotes {
  head: VoteCount
  canary: VoteCount
}
/**
 * Users who voted.
 */
export interface VoteCount {
  up: number
  down: number
}
/**
 * One sample: its requests, call by call, each as the canonical JSON that its turn's record commits to.
 */
export interface AskedSample {
  item: string
  arm: 'candidate' | 'head'
  requests: string[]
}
/**
 * What a passkey returned beside the signature.
 */
export interface AssertionBody {
  /**
   * Base64.
   */
  authenticator_data: string
  /**
   * Base64.
   */
  client_data_json: string
}
/**
 * A line that the caller claims the assistant said.
 */
export interface AssistantMessage {
  role: 'assistant'
  content?: string | (TextPart | RefusalPart)[] | null
  refusal?: string | null
  tool_calls?: MessageToolCall[] | null
  annotations?:
    | {
        [k: string]: unknown
      }[]
    | null
  audio?: null
  function_call?: null
}
/**
 * A part of a message; this server reads text only.
 */
export interface TextPart {
  type: 'text'
  text: string
}
/**
 * A refusal that an assistant line repeats.
 */
export interface RefusalPart {
  type: 'refusal'
  refusal: string
}
/**
 * A call that an assistant line claims to have made.
 */
export interface MessageToolCall {
  id: string
  type?: 'function'
  function: FunctionCall
}
/**
 * Name and JSON text of one call.
 */
export interface FunctionCall {
  name: string
  arguments: string
}
/**
 * An uploaded file.
 */
export interface Attachment {
  id: string
  name: string
  media_type: string
  kind: 'text' | 'pdf' | 'image'
  size_bytes: number
  pages: number | null
  characters: number | null
  notice: AttachmentNotice | null
}
/**
 * What will not be read of a file, and why.
 */
export interface AttachmentNotice {
  code: string
  message: string
  hint: string
}
/**
 * The file is gone.
 */
export interface AttachmentDeleted {
  id: string
  deleted: true
}
/**
 * A file that a message holds.
 */
export interface AttachmentRef {
  id: string
  name: string
  media_type: string
  kind: 'text' | 'pdf' | 'image'
  size_bytes: number
  pages: number | null
  characters: number | null
}
/**
 * Roll a channel back, to the head before or, naming the head, by dropping the canary; or freeze it.
 */
export interface BackWish {
  kind: 'rollback' | 'freeze'
  channel: string
  /**
   * Where a rollback goes; the head before when left out.
   */
  to?: string | null
  cause: string
}
/**
 * Where the file is fetched, once; `notice` says what it does not hold.
 */
export interface BackupOffer {
  path: string
  file_name: string
  expires_ms: number
  is_encrypted: boolean
  notice: string
}
/**
 * Body of ``POST /v1/admin/backups``: a passphrase, or the word that it shall do without.
 */
export interface BackupRequest {
  passphrase?: string | null
  /**
   * Leave the file readable for everybody who gets it.
   */
  unencrypted_unsafe?: true | null
}
/**
 * When Junior sleeps, where the child lives; `start` may be later than `end`, over midnight.
 */
export interface BedtimeHours {
  start: string
  end: string
}
/**
 * The end of the path that is shown now.
 */
export interface BranchShown {
  leaf_id: string
}
/**
 * A governance bundle: canonical JSON, to be kept byte for byte.
 */
export interface BundleBody {
  v: 1
  checkpoint: string
  consistency: string[]
  entries: {
    [k: string]: unknown
  }[]
  blobs: string[]
}
/**
 * A release that serves a share of the users, in basis points.
 */
export interface Canary {
  release: string
  share_bp: number
}
/**
 * A release that serves a share of the users, in basis points.
 */
export interface CanaryBody {
  release: string
  share_bp: number
}
/**
 * The canary beside the head.
 */
export interface CanaryFacts {
  release: string
  change: string
  share_bp: number
  mode: 'solo' | 'quorum'
  admitted_index: number
}
/**
 * Every suite of a change.
 */
export interface ChangeGates {
  change: string
  channel: string
  candidate: string
  base: string
  seed: string
  gates: GateShape[]
}
/**
 * One suite on one change; `done` of `total` samples are taken.
 */
export interface GateShape {
  suite: string
  required: boolean
  floors: {
    [k: string]: string
  }
  state: string
  done: number
  total: number
  attempts: number
  detail: string
  started_ms: number | null
  ended_ms: number | null
  result: GateResultShape | null
}
/**
 * The result that counts, as the log has it.
 */
export interface GateResultShape {
  passed: boolean
  n: number
  index: number
  report: string
}
/**
 * The fixed set under both releases of a change; `date` is the one that the prompts were composed for.
 */
export interface ChangePreview {
  change: string
  channel: string
  base: string
  candidate: string
  date: string
  questions: FixedQuestion[]
  prompts: PromptPair[]
}
/**
 * One question of the fixed set.
 */
export interface FixedQuestion {
  name: string
  text: string
}
/**
 * One input under both releases; `base` is null for the first release of a channel.
 */
export interface PromptPair {
  name: string
  title: string
  base: RenderedPrompt | null
  candidate: RenderedPrompt
}
/**
 * What a model would read; `left_out` counts older lines that the release's context has no room for.
 */
export interface RenderedPrompt {
  parts: PromptPart[]
  left_out: number
  problem: PromptProblem | null
}
/**
 * One part of a prompt, with its true author.
 */
export interface PromptPart {
  by: 'release' | 'clock' | 'app' | 'user' | 'assistant' | 'memory' | 'retrieved' | 'tool'
  role: 'system' | 'user' | 'assistant' | 'tool' | 'tools' | 'tool_calls' | 'image'
  text: string
}
/**
 * Why a release makes no prompt of an input.
 */
export interface PromptProblem {
  code: string
  message: string
  hint: string
}
/**
 * A proposal: a release of one's own as TOML or as a manifest, or one that the installation holds.
 */
export interface ChangeWish {
  kind: 'change'
  channel: string
  toml?: string | null
  /**
   * The manifest as objects, instead of toml.
   */
  manifest?: {
    [k: string]: unknown
  } | null
  /**
   * A release that the installation holds, instead of toml.
   */
  release?: string | null
  reason: string
}
/**
 * What the governance log says of a channel.
 */
export interface ChannelBody {
  release: string | null
  head_index: number | null
  mode: string | null
  frozen: boolean
  canary: Canary | null
}
/**
 * A channel and what its head is: for people who pick one. Nulls where it has no head.
 */
export interface ChannelInfo {
  release: string | null
  head_index: number | null
  mode: string | null
  frozen: boolean
  canary: Canary | null
  title: string | null
  sees: ('text' | 'image')[]
  attachments: ('text' | 'pdf' | 'image')[]
  model: string | null
  truth_mode: ('off' | 'mark' | 'strict') | null
  audience: string | null
  context_tokens: number | null
}
/**
 * Every channel, that of the runtime included.
 */
export interface ChannelList {
  root_version: number
  fingerprint: string
  solo: boolean
  data: ChannelState[]
}
/**
 * A channel: what serves, and what the root demands.
 */
export interface ChannelState {
  name: string
  release: string | null
  title: string | null
  model: string | null
  mode: string | null
  is_frozen: boolean
  head_index: number
  canary: CanaryBody | null
  open_changes: number
  rules: RulesBody
}
/**
 * What the root document demands of a channel.
 */
export interface RulesBody {
  approvals: number
  gates: GateBody[]
  needs_witness: boolean
  max_head_age_s: number
  rollback_depth: number
  is_public: boolean
}
/**
 * A suite that a change must pass.
 */
export interface GateBody {
  suite: string
  floors: {
    [k: string]: string
  }
}
/**
 * The model that a channel's head names; `has_key` is null where it needs none.
 */
export interface ChannelModel {
  channel: string
  release: string
  model: string
  backend: string
  weights: string
  url: string | null
  key_name: string | null
  has_key: boolean | null
  context_tokens: number
}
/**
 * One choice.
 */
export interface ChatChoice {
  index: number
  message: ChatMessageBody
  logprobs: {
    [k: string]: unknown
  } | null
  finish_reason: 'stop' | 'length' | 'tool_calls' | 'content_filter'
}
/**
 * What the assistant said.
 */
export interface ChatMessageBody {
  role: 'assistant'
  content: string | null
  refusal: string | null
  annotations: {
    [k: string]: unknown
  }[]
  tool_calls?: ToolCallBody[] | null
}
/**
 * One call of a reply.
 */
export interface ToolCallBody {
  id: string
  type: 'function'
  function: FunctionCallBody
}
/**
 * Name and JSON text of one call.
 */
export interface FunctionCallBody {
  name: string
  arguments: string
}
/**
 * Reply of ``POST /v1/chat/completions``; a stream sends the same in chunks.
 */
export interface ChatCompletion {
  id: string
  object: 'chat.completion'
  created: number
  model: string
  choices: ChatChoice[]
  usage: Usage
  service_tier: 'default'
  system_fingerprint: string
  metadata?: {
    [k: string]: string
  } | null
  verax: VeraxObject
}
/**
 * Tokens.
 */
export interface Usage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
}
/**
 * What answered, and where the receipt is.
 *
 * `claims` are the verdicts on its sentences, where the release checks them; `withheld` counts those
 * that a strict release held back; `drafts` says which of several was given.
 */
export interface VeraxObject {
  id: string
  release: string
  runtime: string
  channel: string
  arm: 'head' | 'canary' | 'preview'
  mode: 'solo' | 'quorum'
  receipt: string
  claims?: ClaimBody[] | null
  withheld?: number | null
  drafts?: DraftsBody | null
  status?: string | null
  record?: {
    [k: string]: unknown
  } | null
  promise?: string | null
  secret?: string | null
}
/**
 * A sentence of a reply, from character `start` to `end`, and how it stands to its evidence.
 *
 * `probability` is that it is supported; null, with a `reason`, where it was not checked. Of a `contested` one
 * a source supports it and another contradicts it; `supports` says which. `agreement` stands where no evidence
 * was considered and the release has sentences compared with further samples.
 */
export interface ClaimBody {
  choice: number
  start: number
  end: number
  text: string
  verdict: 'supported' | 'contradicted' | 'not_found' | 'not_checked'
  probability: number | null
  reason: string
  contested: boolean
  agreement: AgreementBody | null
  evidence: EvidenceBody[]
}
/**
 * A passage that decided a claim.
 *
 * Characters ``start`` to ``end`` of `passage` did it; `passage_start` is where the passage begins in
 * the document, whose bytes have the SHA-256 `digest`. `collection` is as the release names it.
 */
export interface EvidenceBody {
  source: string
  digest: string
  passage: string
  start: number
  end: number
  passage_start: number
  page: number | null
  heading: string
  collection: string
  version: string
  probability: number
  supports: boolean
}
/**
 * How many drafts were drawn, and the place of the one that was given, from 0.
 */
export interface DraftsBody {
  drawn: number
  kept: number
}
/**
 * Body of ``POST /v1/chat/completions``.
 */
export interface ChatRequest {
  /**
   * Name of a channel.
   */
  model: string
  /**
   * Server-sent events.
   */
  stream?: boolean | null
  /**
   * 0 to 2.
   */
  temperature?: number | null
  /**
   * Over 0, up to 1.
   */
  top_p?: number | null
  /**
   * Verax's own: `arm` and `release` of a preview.
   */
  verax?: PreviewOptions | null
  /**
   * A label of the caller's own.
   */
  user?: string | null
  /**
   * A label of the caller's own.
   */
  safety_identifier?: string | null
  /**
   * A label of the caller's own.
   */
  prompt_cache_key?: string | null
  /**
   * `auto` or `default` only.
   */
  service_tier?: ('auto' | 'default') | null
  /**
   * `true` only.
   */
  parallel_tool_calls?: true | null
  /**
   * `in_memory` only.
   */
  prompt_cache_retention?: 'in_memory' | null
  /**
   * Text only; `name` is refused. An assistant line is read as the caller's claim.
   *
   * @minItems 1
   */
  messages: (SystemMessage | UserMessage | AssistantMessage | ToolMessage)[]
  /**
   * `include_usage`; needs `stream`.
   */
  stream_options?: StreamOptions | null
  /**
   * -2 to 2.
   */
  presence_penalty?: number | null
  /**
   * -2 to 2.
   */
  frequency_penalty?: number | null
  /**
   * At most what the release allows.
   */
  max_completion_tokens?: number | null
  /**
   * The older name of `max_completion_tokens`; send one of them.
   */
  max_tokens?: number | null
  /**
   * 0 to 2147483647.
   */
  seed?: number | null
  /**
   * At most 4 strings.
   */
  stop?: string | string[] | null
  /**
   * 1 to 8 choices.
   */
  n?: number | null
  /**
   * Of the reply's tokens.
   */
  logprobs?: boolean | null
  /**
   * Needs `logprobs`.
   */
  top_logprobs?: number | null
  /**
   * `text`, `json_object` or `json_schema`.
   */
  response_format?: (PlainFormat | SchemaFormat) | null
  /**
   * Functions only.
   */
  tools?: ToolDefinition[] | null
  /**
   * `auto`, `none`, `required`, or one function.
   */
  tool_choice?: ('auto' | 'none' | 'required') | NamedTool | null
  /**
   * Returned in the reply.
   */
  metadata?: {
    [k: string]: string
  } | null
  /**
   * `["text"]` only.
   */
  modalities?: 'text'[] | null
  /**
   * `{}` only.
   */
  logit_bias?: {
    [k: string]: number
  } | null
  /**
   * `none` only.
   */
  reasoning_effort?: 'none' | null
  /**
   * `medium` only.
   */
  verbosity?: 'medium' | null
  /**
   * `false` only; `/v1/responses` stores.
   */
  store?: false | null
}
/**
 * Verax's own field of a request: which arm to run.
 */
export interface PreviewOptions {
  /**
   * `preview` runs a release that does not serve yet; reviewers only.
   */
  arm?: 'head' | 'preview'
  /**
   * Release to preview; the channel's head when empty.
   */
  release?: string
}
/**
 * A caller's own instructions; they stand in the prompt as the app's, never as the release's.
 */
export interface SystemMessage {
  role: 'system' | 'developer'
  content: string | TextPart[]
}
/**
 * What is asked.
 */
export interface UserMessage {
  role: 'user'
  content: string | TextPart[]
}
/**
 * What a tool answered.
 */
export interface ToolMessage {
  role: 'tool'
  content: string | TextPart[]
  tool_call_id: string
}
/**
 * Options of a stream.
 */
export interface StreamOptions {
  include_usage?: boolean | null
  include_obfuscation?: false | null
}
/**
 * Free text, or any JSON object.
 */
export interface PlainFormat {
  type: 'text' | 'json_object'
}
/**
 * Output that satisfies a JSON schema.
 */
export interface SchemaFormat {
  type: 'json_schema'
  json_schema: NamedSchema
}
/**
 * A JSON schema; its name is a label for the caller. Output is always held to the schema.
 */
export interface NamedSchema {
  name: string
  schema: {
    [k: string]: unknown
  }
  strict?: boolean | null
}
/**
 * A tool; functions only.
 */
export interface ToolDefinition {
  type: 'function'
  function: FunctionDefinition
}
/**
 * A function that the model may call; its arguments follow `parameters`.
 */
export interface FunctionDefinition {
  name: string
  description?: string | null
  parameters?: {
    [k: string]: unknown
  } | null
  strict?: boolean | null
}
/**
 * Demands a call of one function.
 */
export interface NamedTool {
  type: 'function'
  function: NamedFunction
}
/**
 * A function by its name.
 */
export interface NamedFunction {
  name: string
}
/**
 * Every claim of a text with its verdict; `verifier` names what judged.
 */
export interface Check {
  object: 'check'
  text_digest: string
  verifier: string
  summary: CheckSummary
  claims: CheckedClaim[]
  collections: CheckedCollection[]
  documents: CheckedDocument[]
}
/**
 * Claims by verdict, those among them that are contested, and sentences that are no claims.
 */
export interface CheckSummary {
  claims: number
  supported: number
  contradicted: number
  not_found: number
  not_checked: number
  contested: number
  other_sentences: number
}
/**
 * ``text[start:end]`` of the request, and its verdict.
 *
 * `probability` is that it is supported, null where it was not checked; `reason` says why it was not. Of a `contested`
 * claim one document supports it and another contradicts it.
 */
export interface CheckedClaim {
  text: string
  start: number
  end: number
  verdict: 'supported' | 'contradicted' | 'not_found' | 'not_checked'
  probability: number | null
  reason: string
  contested: boolean
  evidence: CheckEvidence[]
}
/**
 * ``passage[start:end]`` decided; it `supports` the claim, or contradicts it.
 *
 * `passage_start` is where the passage begins in the document's normalised text, `digest` is that of the document.
 */
export interface CheckEvidence {
  source: string
  passage: string
  start: number
  end: number
  probability: number
  supports: boolean
  page: number | null
  heading: string
  passage_start: number
  digest: string
  collection: string | null
}
/**
 * A collection that was searched, at its version; null where there was no claim to look for.
 */
export interface CheckedCollection {
  id: string
  version: string | null
}
/**
 * A document that came with the request; `digest` is the SHA-256 of its text in UTF-8.
 */
export interface CheckedDocument {
  source: string
  digest: string
  pages: number | null
  characters: number
  notices: string[]
}
/**
 * Body of ``POST /v1/check``: a text, and what it is checked against.
 */
export interface CheckRequest {
  text: string
  /**
   * @maxItems 200
   */
  evidence?: (string | EvidenceText)[]
  /**
   * @maxItems 10
   */
  collections?: string[]
}
/**
 * A document to check against, with what it is called.
 */
export interface EvidenceText {
  source: string
  text: string
}
/**
 * A child's session as the child's page needs it; times are the server's, and `now_ms` is its clock.
 */
export interface ChildBody {
  band: '2-4' | '5-7' | '8-12'
  colour: 'red' | 'orange' | 'yellow' | 'green' | 'blue' | 'purple' | 'pink' | 'white'
  animal:
    | 'bear'
    | 'bee'
    | 'cat'
    | 'dog'
    | 'duck'
    | 'elephant'
    | 'fish'
    | 'fox'
    | 'frog'
    | 'giraffe'
    | 'hedgehog'
    | 'horse'
    | 'lion'
    | 'mouse'
    | 'owl'
    | 'panda'
    | 'penguin'
    | 'rabbit'
    | 'sheep'
    | 'snail'
    | 'tiger'
    | 'turtle'
    | 'whale'
    | 'zebra'
  place: 'home' | 'classroom'
  country: string
  daily_minutes: number | null
  session_minutes: number | null
  bedtime: BedtimeHours | null
  is_log_kept: boolean
  log_days: number | null
  used_today_ms: number
  standing: StandingInfo
  expires_ms: number
  now_ms: number
}
/**
 * Whether Junior may be used now, for how long at most, and when it opens again; null for no limit or for now.
 */
export interface StandingInfo {
  name: 'open' | 'bedtime' | 'day_used_up' | 'break'
  left_ms: number | null
  opens_ms: number | null
}
/**
 * One open session of a child.
 */
export interface ChildSessionInfo {
  id: string
  created_ms: number
  expires_ms: number
}
/**
 * Open sessions of a profile, newest first.
 */
export interface ChildSessionList {
  object: 'list'
  data: ChildSessionInfo[]
}
/**
 * How many sessions were ended.
 */
export interface ChildSessionsEnded {
  ended: number
}
/**
 * A reply, and how the session stands after it.
 */
export interface ChildTurnBody {
  turn: number
  kind: 'hello' | 'play' | 'fact' | 'homework' | 'no_page' | 'redirect' | 'about' | 'care' | 'bye'
  text: string
  pictures: JuniorPicture[]
  taps: JuniorTap[]
  sources: JuniorSource[]
  turn_id: string
  release: string
  session: ChildBody
}
/**
 * A drawing: words for those who do not see it, and a whole SVG document without script, link or text.
 */
export interface JuniorPicture {
  name: string
  alt: string
  svg: string
}
/**
 * Something to tap; its id is sent back as `tap`. Name and drawing of its picture are empty without one.
 */
export interface JuniorTap {
  id: string
  label: string
  picture: string
  svg: string
}
/**
 * Where a fact can be looked up: a work by its title, and who publishes it.
 */
export interface JuniorSource {
  title: string
  publisher: string
}
/**
 * Body of ``POST /v1/junior/session/turns``: words, the id of a tap, or neither to begin or resume a sitting.
 */
export interface ChildTurnRequest {
  text?: string | null
  tap?: string | null
  /**
   * Number of the last reply that the page shows; another one is answered with 409.
   */
  after?: number | null
}
/**
 * A child's session with the reply that a page shows after it was loaded again; null before the first.
 */
export interface ChildView {
  band: '2-4' | '5-7' | '8-12'
  colour: 'red' | 'orange' | 'yellow' | 'green' | 'blue' | 'purple' | 'pink' | 'white'
  animal:
    | 'bear'
    | 'bee'
    | 'cat'
    | 'dog'
    | 'duck'
    | 'elephant'
    | 'fish'
    | 'fox'
    | 'frog'
    | 'giraffe'
    | 'hedgehog'
    | 'horse'
    | 'lion'
    | 'mouse'
    | 'owl'
    | 'panda'
    | 'penguin'
    | 'rabbit'
    | 'sheep'
    | 'snail'
    | 'tiger'
    | 'turtle'
    | 'whale'
    | 'zebra'
  place: 'home' | 'classroom'
  country: string
  daily_minutes: number | null
  session_minutes: number | null
  bedtime: BedtimeHours | null
  is_log_kept: boolean
  log_days: number | null
  used_today_ms: number
  standing: StandingInfo
  expires_ms: number
  now_ms: number
  reply: JuniorReply | null
}
/**
 * One reply; `text` is what is shown and read aloud. `turn` counts the replies of the session.
 */
export interface JuniorReply {
  turn: number
  kind: 'hello' | 'play' | 'fact' | 'homework' | 'no_page' | 'redirect' | 'about' | 'care' | 'bye'
  text: string
  pictures: JuniorPicture[]
  taps: JuniorTap[]
  sources: JuniorSource[]
  turn_id: string
  release: string
}
/**
 * What a profile can be made of; `terms` with `log_days` of the query, or without a log.
 */
export interface ChoicesBody {
  bands: ('2-4' | '5-7' | '8-12')[]
  colours: ('red' | 'orange' | 'yellow' | 'green' | 'blue' | 'purple' | 'pink' | 'white')[]
  animals: (
    | 'bear'
    | 'bee'
    | 'cat'
    | 'dog'
    | 'duck'
    | 'elephant'
    | 'fish'
    | 'fox'
    | 'frog'
    | 'giraffe'
    | 'hedgehog'
    | 'horse'
    | 'lion'
    | 'mouse'
    | 'owl'
    | 'panda'
    | 'penguin'
    | 'rabbit'
    | 'sheep'
    | 'snail'
    | 'tiger'
    | 'turtle'
    | 'whale'
    | 'zebra'
  )[]
  topics: string[]
  helplines: HelplineInfo[]
  terms: TermInfo[]
}
/**
 * Whom children of a country can call, null where nothing is known; `is_verified`: somebody looked it up.
 */
export interface HelplineInfo {
  country: string
  name: string | null
  phone: string | null
  emergency: string | null
  is_verified: boolean
}
/**
 * One thing that is kept, why, and for how many days; null for as long as the profile is there.
 */
export interface TermInfo {
  name: 'profile' | 'use' | 'session' | 'receipts' | 'alerts' | 'log'
  what: string
  why: string
  days: number | null
}
/**
 * A sentence met its evidence.
 */
export interface ClaimEvent {
  choice: number
  start: number
  end: number
  text: string
  verdict: 'supported' | 'contradicted' | 'not_found' | 'not_checked'
  probability: number | null
  reason: string
  contested: boolean
  agreement: AgreementBody | null
  evidence: EvidenceBody[]
  type: 'claim'
}
/**
 * The code that a teacher shows, eight digits; it is not shown again.
 */
export interface ClassroomCodeBody {
  code: string
  expires_ms: number
}
/**
 * Body of ``POST /v1/junior/classroom-codes``: how long the code lasts.
 */
export interface ClassroomCodeRequest {
  minutes?: number
}
/**
 * A collection of documents; `version` is the digest of all that it holds, null in lists.
 */
export interface Collection {
  id: string
  name: string
  is_shared: boolean
  is_own: boolean
  version: string | null
  documents: number
  passages: number
  size_bytes: number
  created_ms: number
  updated_ms: number
}
/**
 * The collection is gone, with its documents.
 */
export interface CollectionDeleted {
  id: string
  deleted: true
}
/**
 * Collections that the caller may search; a document may have `max_document_bytes`.
 */
export interface CollectionList {
  object: 'list'
  data: Collection[]
  max_document_bytes: number
}
/**
 * Body of ``POST /v1/collections``.
 */
export interface CollectionRequest {
  name: string
  is_shared?: boolean
}
/**
 * A collection; `encoded` of its passages can be found by what they mean.
 */
export interface CollectionShown {
  id: string
  name: string
  is_shared: boolean
  is_own: boolean
  version: string | null
  documents: number
  passages: number
  size_bytes: number
  created_ms: number
  updated_ms: number
  encoded: number
}
/**
 * The turn is recorded and its message stored; nothing follows.
 */
export interface CompletedEvent {
  type: 'completed'
  status: 'complete' | 'length' | 'refused' | 'rewritten' | 'cancelled' | 'withdrawn' | 'failed'
  message: Message
  record: {
    [k: string]: unknown
  }
  promise: string
  secret: string
}
/**
 * One message; an answer holds exactly what was delivered, however its turn ended.
 */
export interface Message {
  id: string
  parent_id: string
  depth: number
  role: 'user' | 'assistant' | 'system' | 'tool'
  text: string
  attachments: AttachmentRef[]
  turn: TurnRef | null
  claims: ClaimBody[]
  error: MessageError | null
  created_ms: number
  erased_ms: number | null
  siblings: string[]
}
/**
 * The turn that gave a message.
 *
 * `receipt` is the path of its receipt; `left_out` counts older messages that the model did
 * not read, `withheld` sentences that a strict release held back; `drafts` says which of several was given.
 */
export interface TurnRef {
  id: string
  status: 'complete' | 'length' | 'refused' | 'rewritten' | 'cancelled' | 'withdrawn' | 'failed'
  release: string
  mode: string
  receipt: string
  refusal: TurnRefusal | null
  left_out: number
  withheld: number
  drafts: DraftsBody | null
}
/**
 * A policy stopped the turn; `next_step` is something useful to do instead, with the numbers of `crisis` in it.
 */
export interface TurnRefusal {
  category: string
  reason: string
  next_step: string
  crisis: Crisis | null
}
/**
 * Whom to call: what to do about danger right now, and lines where somebody listens.
 */
export interface Crisis {
  emergency: string
  helplines: CrisisLine[]
}
/**
 * A number to call, where it works, and who publishes it.
 */
export interface CrisisLine {
  where: string
  name: string
  publisher: string
  number: string
}
/**
 * Why a turn failed.
 */
export interface MessageError {
  code: string
  message: string
  hint: string
}
/**
 * What a guardian agreed to, and when.
 */
export interface ConsentInfo {
  terms: TermInfo[]
  given_ms: number
}
/**
 * A conversation without its messages; `leaf_id` ends the path that is shown.
 */
export interface Conversation {
  id: string
  channel: string
  title: string
  created_ms: number
  updated_ms: number
  is_pinned: boolean
  is_archived: boolean
  leaf_id: string
  messages: number
  running: RunRef[]
}
/**
 * A run in flight; `parent_id` is the user's message that it answers.
 */
export interface RunRef {
  id: string
  parent_id: string
}
/**
 * Body of ``PATCH /v1/conversations/{id}``: what is left out stays.
 */
export interface ConversationChange {
  title?: string | null
  is_pinned?: boolean | null
  is_archived?: boolean | null
}
/**
 * Text, records and secrets are gone; `erasures` names the erase receipts.
 */
export interface ConversationDeleted {
  id: string
  deleted: true
  erasures: string[]
}
/**
 * Conversations, pinned ones first, then the latest.
 */
export interface ConversationList {
  object: 'list'
  data: Conversation[]
  has_more: boolean
}
/**
 * Body of ``POST /v1/conversations``.
 */
export interface ConversationRequest {
  channel: string
  title?: string | null
}
/**
 * Use on one date where the child lives.
 */
export interface DayInfo {
  day: string
  used_ms: number
}
/**
 * A document of a collection; `fetched_ms` is when its source was last fetched, null for a file.
 */
export interface Document {
  id: string
  name: string
  source: string
  label: '' | 'speaks_for_owner' | 'self'
  kind: 'pdf' | 'word' | 'html' | 'markdown' | 'table' | 'mail' | 'text'
  media_type: string
  digest: string
  title: string
  size_bytes: number
  characters: number
  pages: number | null
  passages: number
  notices: DocumentNotice[]
  created_ms: number
  fetched_ms: number | null
}
/**
 * What was not read of a document, and why.
 */
export interface DocumentNotice {
  code: string
  message: string
  hint: string
}
/**
 * A document that was added, or was there already; `replaced` is the digest that its source had before.
 */
export interface DocumentAdded {
  id: string
  name: string
  source: string
  label: '' | 'speaks_for_owner' | 'self'
  kind: 'pdf' | 'word' | 'html' | 'markdown' | 'table' | 'mail' | 'text'
  media_type: string
  digest: string
  title: string
  size_bytes: number
  characters: number
  pages: number | null
  passages: number
  notices: DocumentNotice[]
  created_ms: number
  fetched_ms: number | null
  is_new: boolean
  replaced: string | null
}
/**
 * The document is gone, with its text and its passages.
 */
export interface DocumentDeleted {
  id: string
  deleted: true
}
/**
 * A page of documents, in the order in which they were added.
 */
export interface DocumentList {
  object: 'list'
  data: Document[]
  has_more: boolean
}
/**
 * A document with its normalised text, in which passages count their offsets.
 */
export interface DocumentText {
  id: string
  name: string
  source: string
  label: '' | 'speaks_for_owner' | 'self'
  kind: 'pdf' | 'word' | 'html' | 'markdown' | 'table' | 'mail' | 'text'
  media_type: string
  digest: string
  title: string
  size_bytes: number
  characters: number
  pages: number | null
  passages: number
  notices: DocumentNotice[]
  created_ms: number
  fetched_ms: number | null
  text: string
}
/**
 * A statement that waits for signatures.
 *
 * `payload` is base64, `challenge` base64url of ``H(PAE)``; `contents` holds the blobs, base64 by
 * digest, where one draft was asked for, and null in lists. Who made a draft, and owners, may discard it.
 */
export interface DraftBody {
  id: string
  code: string
  kind: string
  payload: string
  challenge: string
  blobs: string[]
  contents: {
    [k: string]: string
  } | null
  signed_by: string[]
  missing: MissingSignatures | null
  may_discard: boolean
  created_ms: number
  expires_ms: number
}
/**
 * Persons whose signature a root change still lacks, by the root that demands them.
 */
export interface MissingSignatures {
  by_old: number
  by_new: number
  may_sign: string[]
}
/**
 * Drafts, oldest first.
 */
export interface DraftList {
  object: 'list'
  data: DraftBody[]
}
/**
 * A verdict on a change.
 */
export interface ReviewWish {
  kind: 'review'
  change: string
  verdict: 'approve' | 'reject'
  /**
   * @maxItems 256
   */
  unban?: string[]
}
/**
 * Raise the share of a canary.
 */
export interface StepWish {
  kind: 'step'
  channel: string
  /**
   * Hundredths of a percent of the users.
   */
  share_bp: number
}
/**
 * Let a frozen channel answer again.
 */
export interface UnfreezeWish {
  kind: 'unfreeze'
  change: string
}
/**
 * Another root document.
 */
export interface RootWish {
  kind: 'root'
  document: {
    [k: string]: unknown
  }
}
/**
 * The statement stands in the log at `index`, or the draft waits for more signatures.
 */
export interface DraftSigned {
  index: number | null
  draft: DraftBody | null
}
/**
 * One vector: numbers, or base64 of little-endian 32-bit floats.
 */
export interface Embedding {
  object: 'embedding'
  index: number
  embedding: number[] | string
}
/**
 * Reply of ``POST /v1/embeddings``.
 */
export interface EmbeddingList {
  object: 'list'
  data: Embedding[]
  model: string
  usage: EmbeddingUsage
  verax: EmbeddingSource
}
/**
 * Tokens read; 0 where the model does not count them.
 */
export interface EmbeddingUsage {
  prompt_tokens: number
  total_tokens: number
}
/**
 * What gave the vectors.
 */
export interface EmbeddingSource {
  release: string
  runtime: string
  channel: string
  mode: string
}
/**
 * Body of ``POST /v1/embeddings``.
 */
export interface EmbeddingRequest {
  /**
   * Name of a channel.
   */
  model: string
  /**
   * Text, or up to 2048 texts; lists of token numbers are refused.
   */
  input: string | string[]
  /**
   * `float` or `base64`.
   */
  encoding_format?: ('float' | 'base64') | null
  /**
   * A label of the caller's own.
   */
  user?: string | null
}
/**
 * Body of ``POST /v1/passkeys``: what ``navigator.credentials.create`` returned.
 */
export interface EnrolRequest {
  name: string
  challenge: string
  client_data_json: string
  authenticator_data: string
}
/**
 * A statement was appended and had an effect.
 */
export interface EntryAppended {
  index: number
  state: GovernanceState
}
/**
 * What the governance log folds to.
 */
export interface GovernanceState {
  size: number
  root_hash: string
  name: string
  root_version: number
  fingerprint: string
  solo: boolean
  runtime: string | null
  channels: {
    [k: string]: ChannelBody
  }
}
/**
 * Body of ``POST /v1/governance/entries``.
 */
export interface EntryRequest {
  /**
   * The exact bytes of the DSSE envelope, base64.
   */
  envelope: string
  /**
   * Blobs that the statement refers to, base64 by their SHA-256.
   */
  blobs?: {
    /**
     * This interface was referenced by `undefined`'s JSON-Schema definition
     * via the `patternProperty` "^[0-9a-f]{64}$".
     */
    [k: string]: string
  }
}
/**
 * Body of ``POST /v1/account/erase``.
 */
export interface EraseRequest {
  /**
   * Needed where the account has one.
   */
  password?: string | null
}
/**
 * Entry `index` of the reply log: H("verax/erase-profile/v1\n" ‖ the other fields, and `v` 1, in RFC 8785).
 */
export interface ErasureReceipt {
  log: string
  count: number
  time_ms: number
  salt: string
  index: number
}
/**
 * OpenAI's error shape.
 */
export interface ErrorBody {
  error: ErrorDetail
  verax?: ErrorTurn | null
}
/**
 * One error: `code` is permanent, `hint` says one thing to do.
 */
export interface ErrorDetail {
  message: string
  type: string
  param: string | null
  code: string
  hint: string
}
/**
 * The turn that an error belongs to.
 */
export interface ErrorTurn {
  id: string
}
/**
 * How many of `samples` say what a sentence says.
 */
export interface EvidenceAgreement {
  agreeing: number
  samples: number
}
/**
 * A verdict; `considered` are the passages that were read, in the order of judging.
 */
export interface EvidenceClaim {
  choice: number
  start: number
  end: number
  verdict: 'supported' | 'contradicted' | 'not_found' | 'not_checked'
  probability?: string | null
  reason?: string | null
  considered: number[]
  spans: EvidenceSpan[]
  agreement?: EvidenceAgreement | null
}
/**
 * Characters of a passage that decided a claim; `passage` counts in the list of passages.
 */
export interface EvidenceSpan {
  passage: number
  start: number
  end: number
  probability: string
}
/**
 * A collection that the release names; `version` is that of what was found in it, empty for nothing.
 */
export interface EvidenceCollection {
  name: string
  id: string
  version: string
}
/**
 * A draft: SHA-256 of its text, and how many of its sentences have which verdict.
 */
export interface EvidenceDraft {
  text: string
  supported: number
  contradicted: number
  not_found: number
  not_checked: number
}
/**
 * What a record commits to as evidence: canonical JSON, to be kept byte for byte.
 *
 * Probabilities are decimal text; `prompt` says which passages stood in the prompt. `samples` are SHA-256 of
 * further replies that sentences were compared with; `kept` is the place of the draft that was given. `dispute` are
 * sentences that disagree about the question.
 */
export interface EvidenceFile {
  v: 1
  mode: 'off' | 'mark' | 'strict'
  verifier: string
  collections: EvidenceCollection[]
  passages: EvidencePassage[]
  prompt: number[]
  claims: EvidenceClaim[]
  withheld: number
  samples?: string[] | null
  drafts?: EvidenceDraft[] | null
  kept?: number | null
  web?: EvidenceWeb | null
  dispute?: EvidencePosition[] | null
}
/**
 * A passage by its digests and its place; `page` is 0 where the document has none.
 */
export interface EvidencePassage {
  source: string
  document: string
  start: number
  end: number
  page: number
  heading: string
  collection: string
  version: string
  text: string
}
/**
 * What a search of the web was asked, and what it named.
 */
export interface EvidenceWeb {
  engine: string
  query: string
  pages: EvidencePage[]
}
/**
 * A page that the engine named; `source` and `document` are empty, with a `problem`, where it was not read.
 */
export interface EvidencePage {
  url: string
  source: string
  document: string
  fetched_ms: number
  problem: string
}
/**
 * A sentence that stood in the prompt since another document says otherwise; `passage` is a place in `passages`.
 */
export interface EvidencePosition {
  passage: number
  start: number
  end: number
}
/**
 * Body of ``POST /v1/witnesses/evidence``.
 */
export interface EvidenceReport {
  /**
   * The exact bytes of a file that shows two histories, base64.
   */
  evidence: string
}
/**
 * Evidence that is kept, by its digest.
 */
export interface EvidenceTaken {
  digest: string
}
/**
 * The turn ended in an error; nothing follows.
 *
 * `stored` is the message that keeps what was delivered; null where no turn began.
 */
export interface FailedEvent {
  type: 'failed'
  code: string
  message: string
  hint: string
  status: number
  retry_after_s: number | null
  stored: Message | null
}
/**
 * A model server on this machine, and the command that connects it.
 */
export interface FoundServer {
  kind: string
  url: string
  models: string[]
  command: string
}
/**
 * A function that the model may call.
 */
export interface FunctionTool {
  type: 'function'
  name: string
  description?: string | null
  parameters?: {
    [k: string]: unknown
  } | null
  strict?: boolean | null
}
/**
 * What the samples of a report were asked.
 */
export interface GateQuestions {
  suite: string
  samples: AskedSample[]
}
/**
 * The report of a suite: the blob that its statement names; `verax.gates.report` describes the rest of it.
 */
export interface GateReportBody {
  v: number
  suite: string
  change: string
  passed: boolean
  metrics: {
    [k: string]: string
  }
  [k: string]: unknown
}
/**
 * Body of ``POST /v1/changes/{id}/gates/run``.
 */
export interface GateRunRequest {
  /**
   * Suites to run; by default those that the root demands and that have no result yet.
   *
   * @maxItems 64
   */
  suites?: string[]
}
/**
 * One entry of the governance log.
 *
 * `persons` signed it, by the root in force then. `reason` says why it had no effect. `digests`
 * holds candidate, base, reason, report, from, to, cause, detail or document; `facts` the small
 * values of its kind: act, verdict, suite, passed, n, code, count, version and so on.
 */
export interface GovernanceEntry {
  index: number
  /**
   * Statement id; empty where the entry is no statement.
   */
  id: string
  kind: 'root' | 'change' | 'review' | 'gate' | 'move' | 'alarm' | 'unknown'
  channel: string | null
  change: string | null
  time_ms: number | null
  persons: string[]
  is_effective: boolean
  reason: string
  digests: {
    [k: string]: string
  }
  facts: {
    [k: string]: string | number | boolean
  }
}
/**
 * Whether turns can be answered.
 */
export interface Health {
  status: 'ready' | 'not_ready'
  checks: HealthCheck[]
}
/**
 * One thing that answering needs.
 */
export interface HealthCheck {
  name: string
  ready: boolean
  detail: string
}
/**
 * Entries in order of their index; `size` is that of the whole log.
 */
export interface HistoryBody {
  object: 'list'
  size: number
  data: GovernanceEntry[]
  has_more: boolean
}
/**
 * A call that an assistant line claims to have made.
 */
export interface InputCall {
  type: 'function_call'
  call_id: string
  name: string
  arguments: string
  id?: string | null
  status?: ('in_progress' | 'completed' | 'incomplete') | null
}
/**
 * What a function answered.
 */
export interface InputCallOutput {
  type: 'function_call_output'
  call_id: string
  output: string | InputText[]
  id?: string | null
  status?: ('in_progress' | 'completed' | 'incomplete') | null
}
/**
 * Text that somebody wrote.
 */
export interface InputText {
  type: 'input_text'
  text: string
}
/**
 * One line of the conversation.
 */
export interface InputMessage {
  type?: 'message'
  role: 'user' | 'assistant' | 'system' | 'developer'
  content: string | (InputText | OutputText | OutputRefusal)[]
  id?: string | null
  status?: ('in_progress' | 'completed' | 'incomplete') | null
  phase?: null
}
/**
 * Text that a reply held; annotations and log probabilities are not read back.
 */
export interface OutputText {
  type: 'output_text'
  text: string
  annotations?:
    | {
        [k: string]: unknown
      }[]
    | null
  /**
   * Of the reply's tokens.
   */
  logprobs?:
    | {
        [k: string]: unknown
      }[]
    | null
}
/**
 * A refusal that a reply held.
 */
export interface OutputRefusal {
  type: 'refusal'
  refusal: string
}
/**
 * Body of ``POST /v1/junior/join``: what the teacher shows, and who the child is.
 */
export interface JoinRequest {
  code: string
  colour: 'red' | 'orange' | 'yellow' | 'green' | 'blue' | 'purple' | 'pink' | 'white'
  animal:
    | 'bear'
    | 'bee'
    | 'cat'
    | 'dog'
    | 'duck'
    | 'elephant'
    | 'fish'
    | 'fox'
    | 'frog'
    | 'giraffe'
    | 'hedgehog'
    | 'horse'
    | 'lion'
    | 'mouse'
    | 'owl'
    | 'panda'
    | 'penguin'
    | 'rabbit'
    | 'sheep'
    | 'snail'
    | 'tiger'
    | 'turtle'
    | 'whale'
    | 'zebra'
}
/**
 * API keys, newest first.
 */
export interface KeyList {
  object: 'list'
  data: KeyBody[]
  has_more: boolean
}
/**
 * A new key with its plain text, which is in this answer and nowhere else.
 */
export interface KeyMade {
  id: string
  name: string
  user_id: string
  user_name: string
  shown: string
  roles: string[]
  requests_per_minute: number | null
  created_ms: number
  expires_ms: number | null
  revoked_ms: number | null
  last_used_ms: number | null
  key: string
}
/**
 * Body of ``POST /v1/account/keys``.
 */
export interface KeyRequest {
  name: string
  /**
   * At most those of the account, which are the default.
   */
  roles?: ('owner' | 'author' | 'reviewer' | 'operator' | 'auditor' | 'guardian' | 'member')[] | null
  expires_ms?: number | null
  /**
   * At most the installation's limit, which is the default.
   */
  requests_per_minute?: number | null
}
/**
 * What this is.
 */
export interface Landing {
  name: 'verax'
  version: string
  installation: string
  fingerprint: string
  solo: boolean
  channels: string[]
  links: {
    [k: string]: string
  }
}
/**
 * Body of ``POST /v1/junior/session/leave``: the guardian's PIN, or the password of their account.
 */
export interface LeaveRequest {
  pin?: string | null
  password?: string | null
}
/**
 * A level settles users at that many replies; its wealth may not reach the line.
 */
export interface LevelLine {
  replies: number
  line: number
}
/**
 * A one-time link: it stands in this answer and nowhere else.
 */
export interface LinkBody {
  url: string
  expires_ms: number
}
/**
 * Body of ``POST /v1/session/link``.
 */
export interface LinkRequest {
  /**
   * What stands behind the # of a one-time link.
   */
  code: string
}
/**
 * The process answers.
 */
export interface Live {
  status: 'live'
}
/**
 * Lines of the log, newest first; empty where the guardian asked for none.
 */
export interface LogBody {
  object: 'list'
  data: LogLineInfo[]
  has_more: boolean
}
/**
 * One line of the readable log; `turn_id` is that of an answer's turn, for its receipt.
 */
export interface LogLineInfo {
  id: string
  said_by: 'child' | 'junior'
  text: string
  created_ms: number
  turn_id: string | null
}
/**
 * How many lines were removed.
 */
export interface LogCleared {
  removed: number
}
/**
 * One line of the server's log; `place` says where an exception came from.
 */
export interface LogLineBody {
  number: number
  time_ms: number
  level: 'debug' | 'info' | 'warning' | 'error' | 'critical'
  logger: string
  message: string
  place: string
}
/**
 * Lines behind a number. Another `run` means that the server was started again: begin at 0.
 */
export interface LogPage {
  run: string
  data: LogLineBody[]
  last: number
  has_more: boolean
}
/**
 * A window of one path, oldest message first; `length` counts the whole path.
 */
export interface MessagePage {
  conversation: Conversation
  data: Message[]
  length: number
  has_older: boolean
}
/**
 * A channel, in the shape of OpenAI's models.
 */
export interface Model {
  id: string
  object: 'model'
  created: number
  owned_by: string
  verax: ChannelInfo
}
/**
 * Body of ``PUT /v1/admin/models/keys/{name}``.
 */
export interface ModelKeyRequest {
  key: string
}
/**
 * Reply of ``GET /v1/models``.
 */
export interface ModelList {
  object: 'list'
  data: Model[]
}
/**
 * Reply of ``GET /v1/admin/models``.
 */
export interface ModelOverview {
  channels: ChannelModel[]
  servers: FoundServer[]
  files: string[]
  keys: StoredKey[]
}
/**
 * A key of a remote model by its name, never the key.
 */
export interface StoredKey {
  name: string
  channels: string[]
}
/**
 * Body of ``POST /v1/admin/models/test``.
 *
 * A stored key is used only at the address that a channel's head names for it: whoever may
 * test an address could read the key there otherwise.
 */
export interface ModelTestRequest {
  url: string
  /**
   * Time a sample of this model.
   */
  name?: string | null
  key?: string | null
  /**
   * Name of a stored key, or the one to be given to a key.
   */
  key_name?: string | null
  channel?: string
}
/**
 * What a test found. `command` connects the model, null where there is none to connect.
 */
export interface ModelTestResult {
  url: string
  is_reachable: boolean
  models: OfferedBody[]
  sample: SampleBody | null
  problem: ProblemBody | null
  command: string | null
}
/**
 * A model that a server lists.
 */
export interface OfferedBody {
  name: string
  context_tokens: number | null
}
/**
 * How fast one short reply came; what it said is not kept.
 */
export interface SampleBody {
  first_text_ms: number
  total_ms: number
  completion_tokens: number | null
}
/**
 * What went wrong, in the words of the errors.
 */
export interface ProblemBody {
  code: string
  message: string
  hint: string
}
/**
 * Results in the order of the texts.
 */
export interface Moderation {
  id: string
  model: string
  results: ModerationResult[]
  verax: ModerationAbout
}
/**
 * One text's result, in OpenAI's shape.
 */
export interface ModerationResult {
  flagged: boolean
  categories: {
    [k: string]: boolean
  }
  category_scores: {
    [k: string]: number
  }
  category_applied_input_types: {
    [k: string]: 'text'[]
  }
  verax: ModerationVerdict
}
/**
 * What the policy says: the strictest action, the category that asked for it, every finding.
 *
 * `flags` holds every category that the text belongs to, also those that the policy lets pass. `scores` holds what was
 * judged, `unavailable` the categories that nothing could judge in this text: of those a zero among OpenAI's scores
 * says nothing. `text` is the text with its masks.
 */
export interface ModerationVerdict {
  action: 'allow' | 'mark' | 'alert' | 'rewrite' | 'refuse' | 'crisis'
  category: string
  flags: string[]
  scores: {
    [k: string]: number
  }
  unavailable: string[]
  findings: ModerationFinding[]
  text: string
}
/**
 * What was found at ``input[start:end]``; `kind` is the subcategory, empty where none is known.
 */
export interface ModerationFinding {
  category: string
  kind: string
  start: number
  end: number
  score: number
  action: 'allow' | 'mark' | 'alert' | 'rewrite' | 'refuse' | 'crisis'
}
/**
 * By whose policy was judged, and by what beside exact rules.
 */
export interface ModerationAbout {
  audience: 'adult' | '13+' | '8-12' | '5-7' | '2-4'
  direction: 'input' | 'output'
  judges: string[]
}
/**
 * Body of ``POST /v1/moderations``; `audience` and `direction` are Verax's own.
 */
export interface ModerationRequest {
  /**
   * A text, or up to 64 texts that are judged each for itself.
   */
  input: string | string[]
  /**
   * Any name: the guard of this installation judges.
   */
  model?: string | null
  /**
   * Whose ready-made policy decides.
   */
  audience?: 'adult' | '13+' | '8-12' | '5-7' | '2-4'
  /**
   * `input`: what such a person says; `output`: what is said to one.
   */
  direction?: 'input' | 'output'
}
/**
 * A move of the canary, as the log has it; `time_ms` is its signer's claim.
 */
export interface MoveFacts {
  index: number
  act: 'admit' | 'step'
  share_bp: number
  by: string[]
  time_ms: number
}
/**
 * Demands a call of one function.
 */
export interface NamedFunctionTool {
  type: 'function'
  name: string
}
/**
 * The step that comes next: who signs it, and what it waits for.
 *
 * `held` means that the monitor has too much against the canary for going on, and too little for
 * going back; `unknown` that no monitor has watched it yet.
 */
export interface NextStep {
  share_bp: number
  by: 'server' | 'operator'
  state: 'due' | 'soak' | 'users' | 'held' | 'unknown'
  until_ms: number | null
}
/**
 * The prompt of a turn, opened.
 */
export interface OpenedSegments {
  id: string
  prompt: string
  sent: string
  segments: {
    [k: string]: unknown
  }[]
}
/**
 * A helpline that a guardian looked up; a name of at most six words, and a number to be dialled.
 */
export interface OwnHelplineFields {
  name: string
  phone: string
}
/**
 * A passage: `text` is characters `start` to `end` of the document's text.
 */
export interface PassageHit {
  document: string
  name: string
  source: string
  label: '' | 'speaks_for_owner' | 'self'
  digest: string
  page: number | null
  heading: string
  start: number
  end: number
  text: string
  score: number
}
/**
 * Passages, best first, the version of the collection, and how many of its passages have vectors.
 */
export interface PassageHits {
  object: 'list'
  version: string
  encoded: number
  data: PassageHit[]
}
/**
 * Body of ``POST /v1/collections/{id}/search``; `exclude` names labels of sources that do not count.
 */
export interface PassageSearch {
  query: string
  limit?: number
  /**
   * @maxItems 3
   */
  exclude?: ('' | 'speaks_for_owner' | 'self')[]
  version?: string | null
}
/**
 * One enrolled passkey; `person` and `roles` are those that the root document gives its key.
 */
export interface PasskeyBody {
  id: string
  name: string
  key_id: string
  code: string
  record: {
    [k: string]: unknown
  }
  can_be_backed_up: boolean
  person: string | null
  roles: string[]
  created_ms: number
}
/**
 * What ``navigator.credentials.create`` is called with; all but `rp_id` base64url.
 */
export interface PasskeyChallenge {
  challenge: string
  rp_id: string
  user_handle: string
  exclude: string[]
}
/**
 * Passkeys, oldest first.
 */
export interface PasskeyList {
  object: 'list'
  data: PasskeyBody[]
}
/**
 * Whether the guardian has a PIN, wrong tries since the last right one, and until when no try is looked at.
 */
export interface PinBody {
  is_set: boolean
  failures: number
  locked_ms: number
}
/**
 * Body of ``PUT /v1/junior/pin``; a PIN that is set is replaced with the account's password, where it has one.
 */
export interface PinRequest {
  pin: string
  password?: string | null
}
/**
 * Free text, or any JSON object.
 */
export interface PlainTextFormat {
  type: 'text' | 'json_object'
}
/**
 * The plan that the operator signed with the admission.
 */
export interface PlanFacts {
  steps: PlanStep[]
}
/**
 * One share of a plan: it serves `soak_s` at least, and `users` of the canary must have been counted.
 */
export interface PlanStep {
  share_bp: number
  soak_s: number
  users: number
}
/**
 * A sentence of one side met its evidence.
 */
export interface PreviewClaim {
  choice: number
  start: number
  end: number
  text: string
  verdict: 'supported' | 'contradicted' | 'not_found' | 'not_checked'
  probability: number | null
  reason: string
  contested: boolean
  agreement: AgreementBody | null
  evidence: EvidenceBody[]
  type: 'claim'
  side: 'base' | 'candidate'
}
/**
 * The turn of one side is recorded; nothing of this side follows.
 */
export interface PreviewCompleted {
  type: 'completed'
  side: 'base' | 'candidate'
  status: 'complete' | 'length' | 'refused' | 'rewritten' | 'cancelled' | 'withdrawn' | 'failed'
  record: {
    [k: string]: unknown
  }
  promise: string
  secret: string
}
/**
 * Both sides have ended; nothing follows.
 */
export interface PreviewEnded {
  type: 'ended'
}
/**
 * The turn of one side has an id.
 */
export interface PreviewStarted {
  type: 'started'
  turn_id: string
  channel: string
  release: string
  runtime: string
  arm: 'head' | 'canary' | 'preview'
  mode: 'solo' | 'quorum'
  created_ms: number
  left_out: number
  side: 'base' | 'candidate'
}
/**
 * More text of one side.
 */
export interface PreviewText {
  type: 'text'
  text: string
  side: 'base' | 'candidate'
}
/**
 * A tool call of one side.
 */
export interface PreviewToolCall {
  type: 'tool_call'
  index: number
  call_id: string
  name: string
  arguments: string
  side: 'base' | 'candidate'
}
/**
 * A policy of one side's release stopped its turn.
 */
export interface PreviewRefusal {
  type: 'refusal'
  category: string
  reason: string
  next_step: string
  crisis: Crisis | null
  side: 'base' | 'candidate'
}
/**
 * The turn of one side failed, or never began; nothing of this side follows.
 */
export interface PreviewFailed {
  type: 'failed'
  side: 'base' | 'candidate'
  code: string
  message: string
  hint: string
  status: number
  retry_after_s: number | null
}
/**
 * A child's profile; `consents` are the newest first.
 */
export interface ProfileBody {
  id: string
  band: '2-4' | '5-7' | '8-12'
  colour: 'red' | 'orange' | 'yellow' | 'green' | 'blue' | 'purple' | 'pink' | 'white'
  animal:
    | 'bear'
    | 'bee'
    | 'cat'
    | 'dog'
    | 'duck'
    | 'elephant'
    | 'fish'
    | 'fox'
    | 'frog'
    | 'giraffe'
    | 'hedgehog'
    | 'horse'
    | 'lion'
    | 'mouse'
    | 'owl'
    | 'panda'
    | 'penguin'
    | 'rabbit'
    | 'sheep'
    | 'snail'
    | 'tiger'
    | 'turtle'
    | 'whale'
    | 'zebra'
  place: 'home' | 'classroom'
  country: string
  topics_allowed: string[] | null
  topics_held: string[]
  daily_minutes: number | null
  session_minutes: number | null
  bedtime: BedtimeHours | null
  time_zone: string
  log_days: number | null
  helpline: OwnHelplineFields | null
  consents: ConsentInfo[]
  created_ms: number
  updated_ms: number
}
/**
 * Body of ``PUT /v1/junior/profiles/{id}``; `agreed` is needed where more is kept than before.
 */
export interface ProfileChange {
  band: '2-4' | '5-7' | '8-12'
  colour: 'red' | 'orange' | 'yellow' | 'green' | 'blue' | 'purple' | 'pink' | 'white'
  animal:
    | 'bear'
    | 'bee'
    | 'cat'
    | 'dog'
    | 'duck'
    | 'elephant'
    | 'fish'
    | 'fox'
    | 'frog'
    | 'giraffe'
    | 'hedgehog'
    | 'horse'
    | 'lion'
    | 'mouse'
    | 'owl'
    | 'panda'
    | 'penguin'
    | 'rabbit'
    | 'sheep'
    | 'snail'
    | 'tiger'
    | 'turtle'
    | 'whale'
    | 'zebra'
  place?: 'home' | 'classroom'
  /**
   * ISO 3166, for helplines.
   */
  country: string
  topics_allowed?: string[] | null
  /**
   * @maxItems 100
   */
  topics_held?: string[]
  daily_minutes?: number | null
  session_minutes?: number | null
  bedtime?: BedtimeHours | null
  /**
   * IANA name, Europe/Berlin.
   */
  time_zone: string
  /**
   * Days that a readable log is kept; null for none. The child is told.
   */
  log_days?: number | null
  /**
   * Named in the place of the country's listed line; null for that one.
   */
  helpline?: OwnHelplineFields | null
  agreed?: ('profile' | 'use' | 'session' | 'receipts' | 'alerts' | 'log')[] | null
}
/**
 * The profile is gone; `is_done` false means that a reader held the last traces, which go within a minute or so.
 */
export interface ProfileErased {
  id: string
  deleted: true
  is_done: boolean
  receipt: ErasureReceipt
}
/**
 * Everything that is kept of a profile: objects whose `type` is profile, consent, day, alert or line.
 */
export interface ProfileExport {
  object: 'list'
  data: {
    [k: string]: unknown
  }[]
}
/**
 * All profiles of the guardian who asks, in the order in which they were made.
 */
export interface ProfileList {
  object: 'list'
  data: ProfileBody[]
}
/**
 * Body of ``POST /v1/junior/profiles``; `agreed` names everything that is kept under these settings.
 */
export interface ProfileRequest {
  band: '2-4' | '5-7' | '8-12'
  colour: 'red' | 'orange' | 'yellow' | 'green' | 'blue' | 'purple' | 'pink' | 'white'
  animal:
    | 'bear'
    | 'bee'
    | 'cat'
    | 'dog'
    | 'duck'
    | 'elephant'
    | 'fish'
    | 'fox'
    | 'frog'
    | 'giraffe'
    | 'hedgehog'
    | 'horse'
    | 'lion'
    | 'mouse'
    | 'owl'
    | 'panda'
    | 'penguin'
    | 'rabbit'
    | 'sheep'
    | 'snail'
    | 'tiger'
    | 'turtle'
    | 'whale'
    | 'zebra'
  place?: 'home' | 'classroom'
  /**
   * ISO 3166, for helplines.
   */
  country: string
  topics_allowed?: string[] | null
  /**
   * @maxItems 100
   */
  topics_held?: string[]
  daily_minutes?: number | null
  session_minutes?: number | null
  bedtime?: BedtimeHours | null
  /**
   * IANA name, Europe/Berlin.
   */
  time_zone: string
  /**
   * Days that a readable log is kept; null for none. The child is told.
   */
  log_days?: number | null
  /**
   * Named in the place of the country's listed line; null for that one.
   */
  helpline?: OwnHelplineFields | null
  /**
   * @maxItems 6
   */
  agreed: ('profile' | 'use' | 'session' | 'receipts' | 'alerts' | 'log')[]
}
/**
 * A reviewer's own question.
 */
export interface QuestionRequest {
  /**
   * It stands in the prompt as a user's line.
   */
  question: string
}
/**
 * Accepted empty: no model here reasons apart from its reply.
 */
export interface ReasoningOptions {
  effort?: 'none' | null
  summary?: null
}
/**
 * A receipt: canonical JSON, to be kept byte for byte.
 */
export interface ReceiptBody {
  v: 1
  record: {
    [k: string]: unknown
  }
  proof: string
  open: {
    [k: string]: string
  }
}
/**
 * Record and promise, until the leaf is integrated.
 */
export interface ReceiptPromised {
  id: string
  state: 'promised'
  record: {
    [k: string]: unknown
  }
  promise: string
  secret?: string | null
}
/**
 * A policy stopped the turn; `next_step` has the numbers of `crisis` in it.
 */
export interface RefusalEvent {
  type: 'refusal'
  category: string
  reason: string
  next_step: string
  crisis: Crisis | null
}
/**
 * A release: its manifest, and the same as TOML that a person can edit.
 */
export interface ReleaseBody {
  id: string
  manifest: {
    [k: string]: unknown
  }
  toml: string
}
/**
 * Reply of ``DELETE /v1/responses/{id}``.
 */
export interface ResponseDeleted {
  id: string
  object: 'response'
  deleted: true
}
/**
 * Reply of ``/v1/responses``.
 */
export interface ResponseObject {
  id: string
  object: 'response'
  created_at: number
  status: 'completed' | 'incomplete' | 'failed' | 'in_progress'
  model: string
  output: {
    [k: string]: unknown
  }[]
  usage: {
    [k: string]: unknown
  } | null
  metadata: {
    [k: string]: string
  }
  previous_response_id: string | null
  verax: VeraxObject
}
/**
 * Body of ``POST /v1/responses``.
 */
export interface ResponseRequest {
  /**
   * Name of a channel.
   */
  model: string
  /**
   * Server-sent events.
   */
  stream?: boolean | null
  /**
   * 0 to 2.
   */
  temperature?: number | null
  /**
   * Over 0, up to 1.
   */
  top_p?: number | null
  /**
   * Verax's own: `arm` and `release` of a preview.
   */
  verax?: PreviewOptions | null
  /**
   * A label of the caller's own.
   */
  user?: string | null
  /**
   * A label of the caller's own.
   */
  safety_identifier?: string | null
  /**
   * A label of the caller's own.
   */
  prompt_cache_key?: string | null
  /**
   * `auto` or `default` only.
   */
  service_tier?: ('auto' | 'default') | null
  /**
   * `true` only.
   */
  parallel_tool_calls?: true | null
  /**
   * `in_memory` only.
   */
  prompt_cache_retention?: 'in_memory' | null
  /**
   * Text, or messages, function calls and their outputs.
   */
  input: string | (InputMessage | InputCall | InputCallOutput)[]
  /**
   * A system line of the app, for this response only.
   */
  instructions?: string | null
  /**
   * A stored response of the same account.
   */
  previous_response_id?: string | null
  /**
   * Stored unless `false`.
   */
  store?: boolean | null
  /**
   * `include_obfuscation: false` only.
   */
  stream_options?: ResponseStreamOptions | null
  /**
   * At most what the release allows.
   */
  max_output_tokens?: number | null
  /**
   * `message.output_text.logprobs`.
   */
  include?: 'message.output_text.logprobs'[] | null
  /**
   * 0 to 20 alternatives.
   */
  top_logprobs?: number | null
  /**
   * `format`; `verbosity` is neutral.
   */
  text?: TextOptions | null
  /**
   * Functions only.
   */
  tools?: FunctionTool[] | null
  /**
   * `auto`, `none`, `required`, or one function.
   */
  tool_choice?: ('auto' | 'none' | 'required') | NamedFunctionTool | null
  /**
   * Stored and returned.
   */
  metadata?: {
    [k: string]: string
  } | null
  /**
   * `disabled` only.
   */
  truncation?: 'disabled' | null
  /**
   * `false` only.
   */
  background?: false | null
  /**
   * `{}` or `effort: none` only.
   */
  reasoning?: ReasoningOptions | null
}
/**
 * Options of a stream.
 */
export interface ResponseStreamOptions {
  include_obfuscation?: false | null
}
/**
 * Shape of the output text.
 */
export interface TextOptions {
  format?: (PlainTextFormat | SchemaTextFormat) | null
  verbosity?: 'medium' | null
}
/**
 * Output that satisfies a JSON schema; its name is a label for the caller.
 */
export interface SchemaTextFormat {
  type: 'json_schema'
  name: string
  schema: {
    [k: string]: unknown
  }
  strict?: boolean | null
}
/**
 * What everyone may know of a channel's rollout.
 */
export interface RolloutFacts {
  channel: string
  head: string | null
  mode: ('solo' | 'quorum') | null
  frozen: boolean
  canary: CanaryFacts | null
  plan: PlanFacts | null
  next: NextStep | null
  moves: MoveFacts[]
  timelines: TimelineRef[]
}
/**
 * A document about a rollback: the entry of the move, and the blob.
 */
export interface TimelineRef {
  move: number
  digest: string
}
/**
 * A canary that was or is watched.
 */
export interface RolloutRow {
  change: string
  release: string
  base: string
  share_bp: number
  started_ms: number
  share_since_ms: number
  ended_ms: number | null
  outcome: ('full' | 'rolled_back' | 'replaced') | null
}
/**
 * The live signals of a channel's newest rollout, oldest point first.
 */
export interface RolloutSignals {
  channel: string
  alpha: number
  levels: LevelLine[]
  stakes: {
    [k: string]: number
  }
  rollout: RolloutRow | null
  votes: ArmVotes | null
  points: SignalPoint[]
}
/**
 * Signals at one moment; `progress` is the decimal logarithm of the largest wealth over its line, 0 trips.
 *
 * `flags` counts turns in which the guard found a category. Points from before it was kept have none.
 */
export interface SignalPoint {
  at_ms: number
  alpha: number
  share_bp: number
  turns: ArmCount
  users: ArmCount
  flags?: {
    [k: string]: ArmCount
  }
  log10_wealth: number
  progress: number
  signals: {
    [k: string]: SignalFigure
  }
  votes: ArmVotes
}
/**
 * One signal: both arms, and the evidence as a decimal logarithm; 0 says nothing, 2 is a hundred to one.
 */
export interface SignalFigure {
  head: ArmFigure
  canary: ArmFigure
  log10_wealth: number
}
/**
 * A turn that goes on whoever watches.
 */
export interface Run {
  id: string
  conversation_id: string
  parent_id: string
  state: 'running' | 'ended'
  created_ms: number
}
/**
 * Body of ``POST /v1/conversations/{id}/runs``: send, edit or retry.
 */
export interface RunRequest {
  /**
   * Send: the leaf seen last, empty at the start. Edit: the parent of the message. Retry: the user's message, without `text`.
   */
  parent_id: string
  text?: string | null
  attachments?: string[] | null
  /**
   * Drawn by the client: a repeated request returns the same run.
   */
  client_id?: string | null
}
/**
 * A run began; `message` is what was stored for it, null for a retry.
 */
export interface RunStarted {
  run: Run
  message: Message | null
}
/**
 * A message or title that holds all words; `message_id` is empty for a title.
 */
export interface SearchHit {
  conversation_id: string
  title: string
  message_id: string
  role: string
  snippet: string
  created_ms: number
}
/**
 * What was found, titles first, then messages, newest first.
 */
export interface SearchHits {
  data: SearchHit[]
}
/**
 * Who is signed in.
 *
 * `expires_ms` is null for an API key that lasts. `may_set_password` says that a one-time link
 * opened this session a short while ago: a new password then needs no old one.
 */
export interface Session {
  user_id: string
  name: string
  roles: string[]
  expires_ms: number | null
  may_set_password: boolean
}
/**
 * One open session of the account.
 */
export interface SessionInfo {
  id: string
  client: string
  agent: string
  opened_by: 'password' | 'link'
  created_ms: number
  expires_ms: number
  last_seen_ms: number
  is_current: boolean
}
/**
 * Open sessions, newest first.
 */
export interface SessionList {
  object: 'list'
  data: SessionInfo[]
}
/**
 * How many sessions were ended.
 */
export interface SessionsEnded {
  ended: number
}
/**
 * One setting with where it came from; secrets are masked.
 */
export interface SettingBody {
  name: string
  value: string | number | boolean | null
  source: string
  description: string
}
/**
 * Settings in the order of the reference. They change with the configuration and a restart.
 */
export interface SettingList {
  data: SettingBody[]
  file: string
}
/**
 * Body of ``POST /v1/conversations/{id}/show``.
 */
export interface ShowRequest {
  message_id: string
}
/**
 * Body of ``POST /v1/session``.
 */
export interface SignInRequest {
  name: string
  password: string
}
/**
 * Body of ``POST /v1/governance/drafts/{id}/signatures``.
 */
export interface SignatureRequest {
  key_id: string
  /**
   * Base64: Ed25519 over PAE, or the ES256 DER signature.
   */
  sig: string
  assertion?: AssertionBody | null
}
/**
 * Reply of ``GET /v1/site``: what a page needs before anybody signs in.
 */
export interface SiteBody {
  name: string
  version: string
  fingerprint: string
  solo: boolean
  channels: SiteChannel[]
  is_signed_in: boolean
  set_up: boolean
  languages: string[]
}
/**
 * A channel, and whether its blobs are served to everybody.
 */
export interface SiteChannel {
  name: string
  is_public: boolean
}
/**
 * The turn has an id and a release; `left_out` counts older messages that the model does not read.
 */
export interface StartedEvent {
  type: 'started'
  turn_id: string
  channel: string
  release: string
  runtime: string
  arm: 'head' | 'canary' | 'preview'
  mode: 'solo' | 'quorum'
  created_ms: number
  left_out: number
}
/**
 * More text of the answer.
 */
export interface TextEvent {
  type: 'text'
  text: string
}
/**
 * One tool call of the answer; `arguments` is JSON text.
 */
export interface ToolCallEvent {
  type: 'tool_call'
  index: number
  call_id: string
  name: string
  arguments: string
}
/**
 * Text, record and secret of a turn are gone; `erasures` names the erase receipts.
 */
export interface TurnErased {
  id: string
  object: 'turn'
  deleted: true
  erasures: string[]
}
/**
 * The secret that opens every commitment of a turn.
 */
export interface TurnSecretBody {
  id: string
  secret: string
}
/**
 * Usage by day and name, by name over all days, and altogether (null without any turn).
 */
export interface UsageBody {
  first: string
  last: string
  by: 'day' | 'channel' | 'user' | 'status'
  days: UsageRow[]
  names: UsageRow[]
  total: UsageRow | null
}
/**
 * Sums; `day` is null over all days, `name` empty for everything beyond the busiest.
 */
export interface UsageRow {
  day: string | null
  name: string
  label: string
  turns: number
  prompt_tokens: number
  completion_tokens: number
  duration_ms: number
  p50_ms: number
  p95_ms: number
}
/**
 * Use of the last days, newest first; days without any are left out.
 */
export interface UseBody {
  object: 'list'
  data: DayInfo[]
}
/**
 * One account; `last_seen_ms` is null before the first use.
 */
export interface UserBody {
  id: string
  name: string
  roles: string[]
  has_password: boolean
  requests_per_minute: number | null
  created_ms: number
  disabled_ms: number | null
  sessions: number
  keys: number
  last_seen_ms: number | null
}
/**
 * Body of ``PATCH /v1/admin/users/{id}``; what is left out stays as it is.
 */
export interface UserChangeRequest {
  name?: string | null
  roles?: ('owner' | 'author' | 'reviewer' | 'operator' | 'auditor' | 'guardian' | 'member')[] | null
  is_disabled?: boolean | null
  /**
   * Null removes the limit.
   */
  requests_per_minute?: number | null
}
/**
 * Accounts in order of their names; `total` counts all that were asked for.
 */
export interface UserList {
  object: 'list'
  data: UserBody[]
  has_more: boolean
  total: number
}
/**
 * A new account with the link that signs its person in.
 */
export interface UserMade {
  id: string
  name: string
  roles: string[]
  has_password: boolean
  requests_per_minute: number | null
  created_ms: number
  disabled_ms: number | null
  sessions: number
  keys: number
  last_seen_ms: number | null
  link: LinkBody
}
/**
 * Body of ``POST /v1/admin/users``.
 */
export interface UserRequest {
  name: string
  /**
   * @minItems 1
   * @maxItems 7
   */
  roles?: ('owner' | 'author' | 'reviewer' | 'operator' | 'auditor' | 'guardian' | 'member')[]
  requests_per_minute?: number | null
}
/**
 * Body of ``POST /v1/turns/{id}/vote``.
 */
export interface VoteRequest {
  /**
   * The newest vote of a turn's owner counts.
   */
  vote: 'up' | 'down'
}
/**
 * A page that the engine named; `source`, `digest` and `fetched_ms` are null where it was not read.
 *
 * `problem` is then the code that says why.
 */
export interface WebPage {
  title: string
  url: string
  snippet: string
  source: string | null
  digest: string | null
  fetched_ms: number | null
  problem: string | null
}
/**
 * A passage of a page; `start` is where it begins in the page's normalised text.
 */
export interface WebPassage {
  source: string
  digest: string
  fetched_ms: number
  page: number | null
  heading: string
  start: number
  end: number
  text: string
}
/**
 * What the engine was asked, the pages that it named, and their passages nearest to the question, best first.
 */
export interface WebResults {
  object: 'web_search'
  engine: string
  query: string
  pages: WebPage[]
  passages: WebPassage[]
}
/**
 * Body of ``POST /v1/search/web``: what to know, and what the engine is asked where that differs.
 */
export interface WebSearchRequest {
  question: string
  query?: string
  pages?: number
}
/**
 * A witness of the root document.
 */
export interface WitnessBody {
  name: string
  key: string
  address: string | null
  logs: WitnessStanding[]
}
/**
 * How a witness stands with one log: the newest tree that it cosigned for this process, and what is wrong.
 */
export interface WitnessStanding {
  log: string
  size: number
  time_s: number | null
  problem: string
}
/**
 * A log, its newest tree, and the newest that carried the quorum.
 */
export interface WitnessedLog {
  log: string
  size: number
  witnessed_size: number | null
}
/**
 * Witnesses, logs, channels whose forward moves wait, and digests of evidence that is kept.
 */
export interface WitnessesBody {
  quorum: string
  waiting: string[]
  logs: WitnessedLog[]
  witnesses: WitnessBody[]
  evidence: string[]
}
