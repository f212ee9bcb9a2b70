/**
 * What a user's function answered, unless it is a promise: nobody waits for that one, and what it rejects with must not end the process.
 *
 * @throws TypeError for a promise, to be reported like everything else that the function throws
 */
export function answerOf<T>(answer: T): T {
  if (!(answer instanceof Promise)) return answer;
  answer.catch(() => undefined);
  throw new TypeError('it returned a promise; it must answer at once.');
}
