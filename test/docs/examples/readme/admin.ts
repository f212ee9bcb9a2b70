import { Module } from '@nestjs/common';
import { TelemetryAdminModule, TelemetryModule } from 'nestjs-telemetry';
import { OperatorGuard } from '../migration/admin.js';

// #region admin
@Module({
  imports: [
    TelemetryModule.forRoot({ service: { name: 'shop' } }),
    TelemetryAdminModule.register({
      guards: [OperatorGuard],
      whoami: (request: { user?: { name: string } }) => request.user?.name,
    }),
  ],
})
export class AppModule {}
// #endregion
