import { Injectable } from '@nestjs/common';
import { Chain, Guardrail, GenAiTracer, Tool } from 'nestjs-telemetry/genai';

// #region interaction
@Injectable()
export class Interaction {
  constructor(private readonly genAi: GenAiTracer) {}

  @Chain('user_interaction')
  async interact(question: string): Promise<string> {
    if ((await this.validate(question)) === 'Fail') return 'I cannot help with that.';
    const { degrees } = await this.weather('Paris');
    return `It is ${degrees} degrees.`;
  }

  @Guardrail('validate_interaction')
  async validate(question: string): Promise<'Pass' | 'Fail'> {
    const checks = ['Jailbreak Check', 'Toxic Check'].map((name) =>
      this.genAi.withGuardrail({ name, input: question }, () => 'Pass'),
    );
    return checks.every((result) => result === 'Pass') ? 'Pass' : 'Fail';
  }

  @Tool()
  async weather(_city: string): Promise<{ degrees: number }> {
    return { degrees: 14 };
  }
}
// #endregion
