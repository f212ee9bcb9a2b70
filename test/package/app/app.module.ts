import { Controller, Get, Inject, Injectable, Module, Param } from '@nestjs/common';
import { TelemetryModule, TracerManager } from 'nestjs-telemetry';
import { callProviders } from './calls.js';
import { sdk } from './sdk.js';

@Injectable()
class HelloService {
  constructor(@Inject(TracerManager) private readonly tracing: TracerManager) {}

  greet(id: string): string {
    return this.tracing.withSpan('work', () => `hello ${id}`);
  }
}

@Controller('hello')
class HelloController {
  constructor(@Inject(HelloService) private readonly hello: HelloService) {}

  @Get(':id')
  greet(@Param('id') id: string): string {
    return this.hello.greet(id);
  }
}

@Module({
  imports: [
    TelemetryModule.forRoot({
      service: { name: 'x' },
      exporter: { type: 'otlp-http-json', url: String(process.env['RECEIVER']) },
      ...sdk,
    }),
  ],
  controllers: [HelloController],
  providers: [HelloService, ...callProviders],
})
export class AppModule {}
