/**
 * Names of baggage entries and span attributes for who and what a request is about. The first two are OpenTelemetry's and the default;
 * the others are those of the systems that this library follows, to be chosen in `baggage.headers`.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/registry/attributes/user/ | user.id}
 * @see {@link https://opentelemetry.io/docs/specs/semconv/registry/attributes/session/ | session.id}
 */
export const BaggageKeys = {
  USER_ID: 'user.id',
  SESSION_ID: 'session.id',
  APP_USER_ID: 'app.user.id',
  APP_SESSION_ID: 'app.session.id',
  APP_USER_INTENT: 'app.user.intent',
  PHARIA_FEATURE_FLAGS: 'pharia.feature.flags',
  PHARIA_FEATURE_SET: 'pharia.feature.set',
  PHARIA_USER_INTENT: 'pharia.user.intent',
  PHARIA_PRIVACY_POLICY_USER_MESSAGES: 'pharia.privacy.policy.user.messages',
  PHARIA_PRIVACY_POLICY_PROMPT_CONTENT: 'pharia.privacy.policy.prompt.content',
  PHARIA_PRIVACY_POLICY_PROMPT_COMPLETION: 'pharia.privacy.policy.prompt.completion',
  PHARIA_DATA_NAMESPACES: 'pharia.data.namespaces',
  PHARIA_DATA_COLLECTIONS: 'pharia.data.collections',
  PHARIA_DATA_INDEXES: 'pharia.data.indexes',
  PHARIA_DATA_DATASET_IDS: 'pharia.data.dataset.ids',
  PHARIA_CHAT_QA_CONVERSATION_ID: 'pharia.chat.qa.conversation.id',
  PHARIA_CHAT_AGENT_CONVERSATION_ID: 'pharia.chat.agent.conversation.id',
  PHARIA_CHAT_QA_TRACE_ID: 'pharia.chat.qa.trace.id',
  PHARIA_TRANSLATION_REQUEST_ID: 'pharia.translation.request.id',
  PHARIA_TRANSCRIPTION_FILE_ID: 'pharia.transcription.file.id',
} as const;
