import { Kafka } from 'kafkajs';
import type { MicroserviceOptions } from '@nestjs/microservices';
import {
  client,
  describeTransport,
  failed,
  nobodyTold,
  type MessageTransport,
} from '../entries/messages/transport-suite.js';
import { BROKER } from './broker.js';

const { name, port, transport } = BROKER;
const INTERNAL = '{"status":"error","message":"Internal server error"}';
const sender = { 'server.address': '127.0.0.1', 'server.port': port, 'messaging.system': name };

/** Where a broker alone answers, or nobody, the client waits in vain. */
const inVain: MessageTransport['nobody'] = (shared) => {
  const asked = client(shared, 'nobody');
  return [{ ...asked, attributes: { ...asked.attributes, 'error.type': 'cancelled' } }];
};

const shared = (more: object): MicroserviceOptions =>
  ({
    ...transport,
    options: { ...transport.options, ...more },
  }) as MicroserviceOptions;

const channel = (pattern: string) => ({ 'messaging.system': name, 'messaging.destination.name': pattern });

const SET_UPS: Record<typeof name, Omit<MessageTransport, 'name' | 'sender'>> = {
  redis: { options: () => transport, received: channel, tellsOfDeath: false, nobody: inVain },
  nats: {
    options: () => transport,
    received: channel,
    tellsOfDeath: false,
    nobody: (nats) => [
      failed(
        client(nats, 'nobody'),
        'EmptyResponseException',
        'Empty response. There are no subscribers listening to that message ("nobody")',
      ),
    ],
  },
  mqtt: { options: () => transport, received: channel, tellsOfDeath: false, nobody: inVain },
  rabbitmq: {
    options: (app) => shared({ queue: `${app}.queue` }),
    queue: 'queue',
    received: () => ({
      'messaging.system': name,
      'messaging.destination.name': 'queue',
      'messaging.rabbitmq.destination.routing_key': 'queue',
    }),
    tellsOfDeath: false,
    nobody: nobodyTold,
  },
  kafka: {
    options: (app) => shared({ consumer: { groupId: `${app}.orders` }, subscribe: { fromBeginning: true } }),
    prepare: async (patterns) => {
      const { client: options } = (
        transport as { options: { client: ConstructorParameters<typeof Kafka>[0] } }
      ).options;
      const admin = new Kafka(options).admin();
      await admin.connect();
      await admin.createTopics({
        topics: patterns.flatMap((topic) => [{ topic }, { topic: `${topic}.reply` }]),
      });
      await admin.disconnect();
    },
    received: (pattern) => ({
      ...channel(pattern),
      'messaging.destination.partition.id': '0',
      'messaging.consumer.group.name': 'orders-server',
    }),
    tellsOfDeath: false,
    redelivers: true,
    blocks: true,
    answers: { sum: ['6'], count: ['0', '1', '2'], piped: [{ error: INTERNAL }, ['7']] },
    nobody: (kafka) => [
      failed(
        client(kafka, 'nobody'),
        'InvalidKafkaClientTopicException',
        'The client consumer did not subscribe to the corresponding reply topic (nobody.reply).',
      ),
    ],
  },
};

describeTransport({ name, sender, patienceMillis: 2500, ...SET_UPS[name] });
