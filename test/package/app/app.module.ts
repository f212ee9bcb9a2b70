import { Controller, Get, Injectable, Module, Param } from '@nestjs/common';
import { TelemetryModule, TracerManager } from 'nestjs-telemetry';

@Injectable()
class HelloService {
  constructor(private readonly tracing: TracerManager) {}

  greet(id: string): string {
    return this.tracing.withSpan('work', () => `hello ${id}`);
  }
}

@Controller('hello')
class HelloController {
  constructor(private readonly hello: HelloService) {}

  @Get(':id')
  greet(@Param('id') id: string): string {
    return this.hello.greet(id);
  }
}

@Module({
  imports: [
    TelemetryModule.forRoot({ service: { name: 'x' }, exporter: { type: 'console', format: 'json' } }),
  ],
  controllers: [HelloController],
  providers: [HelloService],
})
export class AppModule {}
