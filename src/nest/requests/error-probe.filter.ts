import { Catch, type ExceptionFilter } from '@nestjs/common';
import { activeContext } from '../../context/flow-context.js';

/** Looks at each exception that Nest asks about, and never handles one. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- filters name classes
class Probe {
  static [Symbol.hasInstance](exception: unknown): boolean {
    activeContext().flow?.entry?.fail(exception);
    return false;
  }
}

/**
 * Shows the errors of guards, pipes, handlers and the router to the request's span without catching them.
 */
@Catch(Probe)
export class ErrorProbeFilter implements ExceptionFilter {
  catch(): void {
    // Nest never calls it: the probe matches nothing.
  }
}
