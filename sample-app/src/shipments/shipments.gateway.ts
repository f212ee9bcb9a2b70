import { MessageBody, SubscribeMessage, WebSocketGateway, type WsResponse } from '@nestjs/websockets';
import { concatMap, delay, from, map, of, type Observable } from 'rxjs';
import type { Shipment } from '../shipping/messages.js';

const STEPS: readonly Shipment['status'][] = ['booked', 'packed', 'on its way'];

@WebSocketGateway()
export class ShipmentsGateway {
  /** One message, three answers: the span lasts until the last one. */
  @SubscribeMessage('follow')
  follow(@MessageBody() orderId: string): Observable<WsResponse<Shipment>> {
    return from(STEPS).pipe(
      concatMap((status) => of(status).pipe(delay(100))),
      map((status) => ({ event: 'status', data: { orderId, status } })),
    );
  }
}
