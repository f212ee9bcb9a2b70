/** Calls `fn` so many times a second; `stop()` gives how often. */
export function pace(perSecond, fn) {
  const begun = performance.now();
  let calls = 0;
  const tick = () => {
    const due = Math.floor(((performance.now() - begun) / 1000) * perSecond);
    while (calls < due) {
      fn(calls);
      calls++;
    }
  };
  const timer = setInterval(tick, 5);
  return {
    get calls() {
      return calls;
    },
    /** Keeps no process alive. */
    unref() {
      timer.unref();
    },
    stop() {
      tick();
      clearInterval(timer);
      return calls;
    },
  };
}
