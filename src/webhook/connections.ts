import type { Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

export interface ConnectionLimits {
  /** Connections that have not sent a whole request yet: those in the middle of a handshake, and those that say nothing. */
  readonly unprovenMax: number;
  /** All of them. */
  readonly max: number;
}

/** One connection to a client. */
interface Connection {
  /** As it was accepted, below any TLS. */
  readonly socket: Socket;
  proven: boolean;
}

/**
 * Bounds connections so that nobody can lock others out by opening them. When there are too many, the one that has let us
 * wait longest for something ends: first of those that never sent a request, and of all those that are not being answered. An API
 * server sends its request within milliseconds, so it is never that one, unless all others are as quick.
 */
export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #onEnded: () => void;
  /** By the address of the client, which a connection below and above TLS share. */
  readonly #byAddress = new Map<string, Connection>();
  readonly #bySocket = new WeakMap<Socket, Connection>();
  /** Both in the order in which they began to let us wait. */
  readonly #unproven = new Set<Connection>();
  readonly #quiet = new Set<Connection>();

  /** @param onEnded told of each connection that had to make room */
  constructor(limits: ConnectionLimits, onEnded: () => void) {
    this.#limits = limits;
    this.#onEnded = onEnded;
  }

  get size(): number {
    return this.#byAddress.size;
  }

  /** Watches the connections of a server, HTTP or HTTPS. */
  guard(server: Server): void {
    server.on('connection', (socket: Socket) => this.#open(socket));
    server.on('secureConnection', (socket: TLSSocket) => this.#find(socket));
  }

  /** The headers of a request are here. */
  asks(socket: Socket): void {
    const connection = this.#find(socket);
    if (connection?.proven !== true) return;
    this.#quiet.delete(connection);
    this.#quiet.add(connection);
  }

  /** All of the request is here: it is our turn. */
  hasAsked(socket: Socket): void {
    const connection = this.#find(socket);
    if (connection === undefined) return;
    connection.proven = true;
    this.#unproven.delete(connection);
    this.#quiet.delete(connection);
  }

  /** The answer is on its way. */
  isAnswered(socket: Socket): void {
    const connection = this.#find(socket);
    if (connection === undefined || !this.#isOpen(connection)) return;
    connection.proven = true;
    this.#unproven.delete(connection);
    this.#quiet.delete(connection);
    this.#quiet.add(connection);
  }

  #open(socket: Socket): void {
    const address = addressOf(socket);
    if (address === undefined) return;
    this.#makeRoom();
    const connection: Connection = { socket, proven: false };
    this.#byAddress.set(address, connection);
    this.#bySocket.set(socket, connection);
    this.#unproven.add(connection);
    socket.once('close', () => this.#forget(connection, address));
  }

  #makeRoom(): void {
    if (this.#unproven.size >= this.#limits.unprovenMax) this.#end(this.#unproven);
    if (this.#byAddress.size >= this.#limits.max)
      this.#end(this.#quiet.size > 0 ? this.#quiet : this.#unproven);
  }

  /** Ends the first. */
  #end(connections: ReadonlySet<Connection>): void {
    const [first] = connections;
    if (first === undefined) return;
    this.#forget(first, addressOf(first.socket));
    first.socket.destroy();
    this.#onEnded();
  }

  #forget(connection: Connection, address: string | undefined): void {
    this.#unproven.delete(connection);
    this.#quiet.delete(connection);
    // A client may have taken the same port again by now.
    if (address !== undefined && this.#byAddress.get(address) === connection) this.#byAddress.delete(address);
  }

  #isOpen({ socket }: Connection): boolean {
    return !socket.destroyed;
  }

  #find(socket: Socket): Connection | undefined {
    const known = this.#bySocket.get(socket);
    if (known !== undefined) return known;
    const address = addressOf(socket);
    const connection = address === undefined ? undefined : this.#byAddress.get(address);
    if (connection !== undefined) this.#bySocket.set(socket, connection);
    return connection;
  }
}

/** Undefined when it has gone already. */
function addressOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : `${remoteAddress} ${remotePort}`;
}
