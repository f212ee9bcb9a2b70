import { Controller, Get, Injectable, UseGuards, type CanActivate } from '@nestjs/common';
import { Baggage, BaggageGuard } from 'nestjs-telemetry';

@Injectable()
class AuthGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

// #region guard
@Controller('account')
@UseGuards(AuthGuard, BaggageGuard)
export class AccountController {
  @Get()
  show(@Baggage('user.id') user: string): string {
    return user;
  }
}
// #endregion
