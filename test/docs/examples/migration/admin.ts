// #region admin
import { Injectable, Module, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { TelemetryAdminModule, TelemetryModule } from 'nestjs-telemetry';

@Injectable()
export class OperatorGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return headers['x-operator-key'] === process.env.OPERATOR_KEY && process.env.OPERATOR_KEY !== undefined;
  }
}

@Module({
  imports: [
    TelemetryModule.forRoot({ service: { name: 'chat' } }),
    TelemetryAdminModule.register({ guards: [OperatorGuard] }),
  ],
})
export class AppModule {}
// #endregion
