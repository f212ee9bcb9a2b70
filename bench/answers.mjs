/**
 * Answers the questions of `startProcess`, until the parent goes.
 *
 * @param {Record<string, (...args: any[]) => Promise<unknown>>} answers by the first part of a question
 */
export function answerParent(answers) {
  process.on('message', async ({ id, ask: [question, ...args] }) => {
    try {
      process.send({ id, answer: await answers[question](...args) });
    } catch (error) {
      process.send({ id, error: String(error?.stack ?? error) });
    }
  });
  process.on('disconnect', () => process.exit());
}
