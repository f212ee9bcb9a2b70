// The examples of nestjs-otel 8.1.1's README as they stand there, with another import.
import { Controller, Get, Injectable } from '@nestjs/common';
import { SpanKind, type Span as ApiSpan } from '@opentelemetry/api';
import { CurrentSpan, Span, Traceable } from 'nestjs-telemetry';
import { TraceService } from 'nestjs-telemetry/nestjs-otel';

// #region span
export class BooksService {
  // span.name == 'CRITICAL_SECTION'
  @Span('CRITICAL_SECTION')
  async getBooks() {
    return [`Harry Potter and the Philosopher's Stone`];
  }

  // span.name == 'BooksService.getBooksAgain'
  @Span()
  async getBooksAgain() {
    return [`Harry Potter and the Philosopher's Stone`];
  }

  // explicitly set span options
  @Span('getBook', { kind: SpanKind.SERVER })
  async getBook(_id: number) {
    // ...
  }

  // options are set dynamically based on the id parameter
  @Span('getBook', (id) => ({ attributes: { bookId: id } }))
  async getBookAgain(_id: number) {
    // ...
  }

  // same as above, but span name is omitted and inferred automatically
  @Span((id) => ({ attributes: { bookId: id } }))
  async getBookOnceMore(_id: number) {
    // ...
  }

  // Capture return value as attribute
  // Note: Explicitly type the result to ensure type safety
  @Span({
    onResult: (result: string[]) => ({ attributes: { 'book.count': result.length } }),
  })
  async getBooksCounted() {
    return ['Book 1', 'Book 2'];
  }
}
// #endregion

@Injectable()
@Traceable()
export class UsersService {
  findAll(): unknown[] {
    // This method will be automatically traced
    return [];
  }

  findOne(_id: string): object {
    // This method will also be automatically traced
    return {};
  }
}

@Controller('cats')
export class CatsController {
  @Get()
  findAll(@CurrentSpan() span: ApiSpan): string {
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- as it stands there
    if (span) {
      span.setAttribute('custom.attribute', 'value');
    }
    return 'This action returns all cats';
  }
}

// #region trace-service
@Injectable()
export class BookService {
  constructor(private readonly traceService: TraceService) {}

  @Span()
  async getBooks() {
    const currentSpan = this.traceService.getSpan(); // --> retrives current span, comes from http or @Span
    await this.doSomething();
    currentSpan.addEvent('event 1');
    currentSpan.end(); // current span end

    const span = this.traceService.startSpan('sub_span'); // start new span
    span.setAttributes({ userId: 1 });
    await this.doSomethingElse();
    span.end(); // new span ends
    return [`Harry Potter and the Philosopher's Stone`];
  }

  private async doSomething(): Promise<void> {}

  private async doSomethingElse(): Promise<void> {}
}
// #endregion
