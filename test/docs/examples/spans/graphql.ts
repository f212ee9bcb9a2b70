import {
  Args,
  Field,
  ID,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { GraphQLError } from 'graphql';
import { Span, SpanAttribute, Traceable } from 'nestjs-telemetry';

@ObjectType()
class Invoice {
  @Field(() => ID)
  id!: string;

  @Field(() => [String])
  items!: string[];
}

// #region graphql
@Resolver(() => Invoice)
@Traceable()
export class InvoicesResolver {
  @Query(() => Invoice)
  invoice(@SpanAttribute('invoice.id') @Args('id') id: string): Invoice {
    return { id, items: [] };
  }

  @ResolveField()
  async items(@Parent() invoice: Invoice): Promise<string[]> {
    return [`item of ${invoice.id}`];
  }

  @Mutation(() => Invoice)
  @Span('pay invoice')
  pay(@Args('id') id: string): Invoice {
    throw new GraphQLError(`${id} is paid already`, { extensions: { code: 'BAD_USER_INPUT' } });
  }
}
// #endregion
