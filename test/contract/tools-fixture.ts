import { buildFrames } from '../../shared/protocols/astm/frame.ts';
import { ACK, ENQ, EOT, RawInstrument } from './bad-input-fixture.ts';

const lines = new Map<number, Promise<RawInstrument>>();

/** Lets go of the connections of {@link sendText}. */
export async function hangUp(): Promise<void> {
  for (const line of lines.values()) (await line).end();
  lines.clear();
}

/**
 * Sends one message over one lasting connection and waits for its acknowledgements. `spoil`: before each frame the same with a wrong checksum, which
 * is refused. `repeat`: each frame twice, as after a lost ACK.
 */
export async function sendText(
  port: number,
  text: string,
  { spoil = false, repeat = false } = {},
): Promise<void> {
  const connecting = lines.get(port) ?? RawInstrument.connect(port);
  lines.set(port, connecting);
  const line = await connecting;
  const expectAck = async (bytes: Uint8Array | number) => {
    const answer = await line.ask(bytes);
    if (answer !== ACK) throw new Error(`expected ACK, got ${answer}`);
  };
  await expectAck(ENQ);
  for (const frame of buildFrames(Buffer.from(text, 'latin1'), 240, 'record')) {
    if (spoil) {
      const bad = Uint8Array.from(frame);
      bad[2] = (bad[2] ?? 0) ^ 1;
      await line.ask(bad);
    }
    await expectAck(frame);
    if (repeat) await expectAck(frame);
  }
  line.write(EOT);
}
