/**
 * Common names for users, sessions and the like, used for baggage entries and span attributes. The first
 * two are OpenTelemetry's and the default; choose others in `baggage.headers`.
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
} as const;
