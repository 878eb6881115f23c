/**
 * Fields of google-adk 2.13's Event and of every model inside it, in the order in which Python prints them. Generated
 * by generate-schema.py; do not edit.
 *
 * A field without a kind is copied. Kinds: `verbatim` (a dict whose keys and nulls are the user's own), `bytes`
 * (base64), `seconds` (a float on the wire, milliseconds here), a model's name, `[model]` or `{model}` (a dict of
 * models).
 */
export const SCHEMA_TABLE = {
  Event: `
    modelVersion content:Content groundingMetadata:GroundingMetadata partial turnComplete turnCompleteReason
    interactionStatus finishReason errorCode errorMessage interrupted customMetadata:verbatim
    usageMetadata:GenerateContentResponseUsageMetadata
    liveSessionResumptionUpdate:LiveServerSessionResumptionUpdate liveSessionId goAway:LiveServerGoAway
    voiceActivity:VoiceActivity inputTranscription:Transcription outputTranscription:Transcription avgLogprobs
    logprobsResult:LogprobsResult cacheMetadata:CacheMetadata citationMetadata:CitationMetadata interactionId
    environmentId invocationId author actions:EventActions output:verbatim nodeInfo:NodeInfo
    longRunningToolIds branch isolationScope id timestamp:seconds
  `,
  Content: 'parts:[Part] role',
  Part: `
    mediaResolution:PartMediaResolution codeExecutionResult:CodeExecutionResult executableCode:ExecutableCode
    fileData:FileData functionCall:FunctionCall functionResponse:FunctionResponse inlineData:Blob text thought
    thoughtSignature:bytes videoMetadata:VideoMetadata toolCall:ToolCall toolResponse:ToolResponse
    partMetadata:verbatim audioTranscription:Transcription mediaProcessing speechMetadata:SpeechMetadata
  `,
  PartMediaResolution: 'level numTokens',
  CodeExecutionResult: 'outcome output id',
  ExecutableCode: 'code language id',
  FileData: 'displayName fileUri mimeType',
  FunctionCall: 'id args:verbatim name partialArgs:[PartialArg] willContinue',
  PartialArg: 'boolValue jsonPath nullValue numberValue stringValue willContinue',
  FunctionResponse: 'willContinue scheduling parts:[FunctionResponsePart] id name response:verbatim',
  FunctionResponsePart: 'inlineData:FunctionResponseBlob fileData:FunctionResponseFileData mediaProcessing',
  FunctionResponseBlob: 'mimeType data:bytes displayName',
  FunctionResponseFileData: 'fileUri mimeType displayName',
  Blob: 'data:bytes displayName mimeType',
  VideoMetadata: 'endOffset fps startOffset',
  ToolCall: 'id toolType args:verbatim',
  ToolResponse: 'id toolType response:verbatim',
  Transcription: 'text finished languageCode speakerLabel words:[WordInfo] startOffset endOffset',
  WordInfo: 'word startOffset endOffset',
  SpeechMetadata: 'speaker style',
  GroundingMetadata: `
    imageSearchQueries groundingChunks:[GroundingChunk] groundingSupports:[GroundingSupport]
    retrievalMetadata:RetrievalMetadata searchEntryPoint:SearchEntryPoint webSearchQueries
    googleMapsWidgetContextToken retrievalQueries sourceFlaggingUris:[GroundingMetadataSourceFlaggingUri]
  `,
  GroundingChunk: `
    image:GroundingChunkImage maps:GroundingChunkMaps retrievedContext:GroundingChunkRetrievedContext
    web:GroundingChunkWeb
  `,
  GroundingChunkImage: 'sourceUri imageUri title domain',
  GroundingChunkMaps: `
    placeAnswerSources:GroundingChunkMapsPlaceAnswerSources placeId text title uri
    route:GroundingChunkMapsRoute
  `,
  GroundingChunkMapsPlaceAnswerSources: `
    reviewSnippet:[GroundingChunkMapsPlaceAnswerSourcesReviewSnippet] flagContentUri
    reviewSnippets:[GroundingChunkMapsPlaceAnswerSourcesReviewSnippet]
  `,
  GroundingChunkMapsPlaceAnswerSourcesReviewSnippet: `
    authorAttribution:GroundingChunkMapsPlaceAnswerSourcesAuthorAttribution flagContentUri googleMapsUri
    relativePublishTimeDescription review reviewId title
  `,
  GroundingChunkMapsPlaceAnswerSourcesAuthorAttribution: 'displayName photoUri uri',
  GroundingChunkMapsRoute: 'distanceMeters duration encodedPolyline',
  GroundingChunkRetrievedContext: `
    documentName ragChunk:RagChunk text title uri customMetadata:[GroundingChunkCustomMetadata]
    fileSearchStore pageNumber mediaId
  `,
  RagChunk: 'pageSpan:RagChunkPageSpan text chunkId fileId',
  RagChunkPageSpan: 'firstPage lastPage',
  GroundingChunkCustomMetadata: 'key numericValue stringListValue:GroundingChunkStringList stringValue',
  GroundingChunkStringList: 'values',
  GroundingChunkWeb: 'domain title uri',
  GroundingSupport: 'confidenceScores groundingChunkIndices segment:Segment renderedParts',
  Segment: 'startIndex endIndex partIndex text',
  RetrievalMetadata: 'googleSearchDynamicRetrievalScore',
  SearchEntryPoint: 'renderedContent sdkBlob:bytes',
  GroundingMetadataSourceFlaggingUri: 'flagContentUri sourceId',
  GenerateContentResponseUsageMetadata: `
    cacheTokensDetails:[ModalityTokenCount] cachedContentTokenCount candidatesTokenCount
    candidatesTokensDetails:[ModalityTokenCount] promptTokenCount promptTokensDetails:[ModalityTokenCount]
    thoughtsTokenCount toolUsePromptTokenCount toolUsePromptTokensDetails:[ModalityTokenCount] totalTokenCount
    trafficType
  `,
  ModalityTokenCount: 'modality tokenCount',
  LiveServerSessionResumptionUpdate: 'newHandle resumable lastConsumedClientMessageIndex',
  LiveServerGoAway: 'timeLeft',
  VoiceActivity: 'voiceActivityType audioOffset',
  LogprobsResult: `
    chosenCandidates:[LogprobsResultCandidate] topCandidates:[LogprobsResultTopCandidates] logProbabilitySum
  `,
  LogprobsResultCandidate: 'logProbability token tokenId',
  LogprobsResultTopCandidates: 'candidates:[LogprobsResultCandidate]',
  CacheMetadata: 'cache_name expire_time fingerprint invocations_used contents_count created_at',
  CitationMetadata: 'citations:[Citation]',
  Citation: 'endIndex license publicationDate:GoogleTypeDate startIndex title uri',
  GoogleTypeDate: 'day month year',
  EventActions: `
    skipSummarization stateDelta:verbatim artifactDelta:verbatim transferToAgent transferReason escalate
    requestedAuthConfigs:verbatim requestedToolConfirmations:{ToolConfirmation} compaction:EventCompaction
    endOfAgent agentState:verbatim rewindBeforeInvocationId route renderUiWidgets:[UiWidget]
    setModelResponse:verbatim
  `,
  ToolConfirmation: 'hint confirmed payload:verbatim',
  EventCompaction: 'startTimestamp:seconds endTimestamp:seconds compactedContent:Content',
  UiWidget: 'id provider payload:verbatim',
  NodeInfo: 'path outputFor messageAsOutput',
} as const;
