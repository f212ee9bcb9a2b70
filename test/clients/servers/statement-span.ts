import { PLAIN_SPAN, type SpanShape } from '../../support/span-shape.js';

/** Describes the spans of one database's statements, by their summary and text. */
export function statementSpan(system: string, namespace: string, { hostname, port }: URL) {
  return (summary: string, text: string, attributes: SpanShape['attributes'] = {}): SpanShape => {
    const [operation = '', ...collections] = summary.split(' ');
    return {
      ...PLAIN_SPAN,
      name: summary,
      kind: 'CLIENT',
      attributes: {
        'db.system.name': system,
        'db.namespace': namespace,
        'db.operation.name': operation,
        ...(collections.length === 1 && { 'db.collection.name': collections[0] }),
        'db.query.summary': summary,
        'db.query.text': text,
        'server.address': hostname,
        'server.port': Number(port),
        ...attributes,
      },
    };
  };
}
