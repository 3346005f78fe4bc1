import { createServer, Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { Connections } from '../../src/webhook/connections.ts';

/** One that is connected to nothing, but says from where. */
function socketFrom(remotePort: number): Socket {
  const peer = { remoteAddress: { value: '127.0.0.1' }, remotePort: { value: remotePort } };
  return Object.defineProperties(new Socket(), peer);
}

function bench(unprovenMax: number, max: number) {
  const server = createServer();
  let ended = 0;
  const connections = new Connections({ unprovenMax, max }, () => (ended += 1));
  connections.guard(server);
  let port = 1;
  const open = () => {
    const socket = socketFrom((port += 1));
    server.emit('connection', socket);
    return socket;
  };
  const answer = (socket: Socket) => {
    connections.asks(socket);
    connections.hasAsked(socket);
    connections.isAnswered(socket);
  };
  return { server, connections, open, answer, ended: () => ended };
}

const gone = (sockets: readonly Socket[]) => sockets.map(({ destroyed }) => destroyed);

describe('connections', () => {
  test('that never sent a request: the first ends when there are too many', () => {
    const { open, answer, ended, connections } = bench(2, 10);
    const proven = open();
    answer(proven);
    const silent = [open(), open(), open()];
    expect(gone([proven, ...silent])).toEqual([false, true, false, false]);
    expect(ended()).toBe(1);
    expect(connections.size).toBe(3);
  });

  test('altogether: the one ends that was quiet longest, and none that waits for its answer', () => {
    const { open, answer, connections } = bench(10, 3);
    const [first, second, third] = [open(), open(), open()];
    for (const socket of [first, second, third]) answer(socket);
    connections.hasAsked(first);
    answer(second);
    open();
    expect(gone([first, second, third])).toEqual([false, false, true]);
    open();
    expect(gone([first, second])).toEqual([false, true]);
  });

  test('that begin another request are not the quietest any more', () => {
    const { open, answer, connections } = bench(10, 2);
    const [first, second] = [open(), open()];
    answer(first);
    answer(second);
    connections.asks(first);
    open();
    expect(gone([first, second])).toEqual([false, true]);
  });

  test('that are closed count no longer, and are not taken for others from the same port', () => {
    const { server, open, connections } = bench(10, 10);
    const first = open();
    first.destroy().emit('close');
    expect(connections.size).toBe(0);
    const again = socketFrom(2);
    server.emit('connection', again);
    first.emit('close');
    expect(connections.size).toBe(1);
    connections.isAnswered(first);
    expect(connections.size).toBe(1);
  });

  test('are known below and above TLS', () => {
    const { server, open, answer, connections } = bench(1, 10);
    const plain = open();
    const secure = socketFrom(2);
    server.emit('secureConnection', secure);
    answer(secure);
    open();
    expect(plain.destroyed).toBe(false);
    expect(connections.size).toBe(2);
  });
});
