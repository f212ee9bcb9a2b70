import { Controller, Param, Query, Sse, type MessageEvent } from '@nestjs/common';
import { SseSpan } from 'nestjs-telemetry';
import { from, map, type Observable } from 'rxjs';
import { AssistantService } from './assistant.service.js';

@Controller('assistant')
export class AssistantController {
  constructor(private readonly assistant: AssistantService) {}

  @Sse(':conversationId')
  @SseSpan({ name: 'ai_streaming_response', type: 'chat' })
  stream(
    @Param('conversationId') conversationId: string,
    @Query('question') question = 'Where is order 42?',
  ): Observable<MessageEvent> {
    return from(this.assistant.answer(conversationId, question)).pipe(map((token) => ({ data: { token } })));
  }
}
