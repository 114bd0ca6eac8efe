import type { IncomingMessage, ServerResponse } from 'node:http';
import { FhirError } from './outcome.ts';

/**
 * Reads a request body.
 * @throws FhirError 413 when longer than `limit` bytes
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
  }
  if (size > limit) throw new FhirError(413, 'too-long', `The body has ${size} bytes, the limit is ${limit}`);
  return Buffer.concat(chunks);
}

/** Parses JSON. @throws FhirError 400 */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw new FhirError(400, 'structure', 'Content could not be parsed as JSON');
  }
}

/** Sends an answer in one piece. */
export function send(
  response: ServerResponse,
  status: number,
  body: string | Buffer | undefined,
  headers: Record<string, string>,
): void {
  const content = body === undefined ? undefined : Buffer.from(body);
  response.writeHead(status, {
    ...(content === undefined ? {} : { 'content-type': 'application/fhir+json; charset=utf-8' }),
    ...(content === undefined && status === 204 ? {} : { 'content-length': String(content?.length ?? 0) }),
    ...headers,
  });
  response.end(content);
}

/** Sends half of an answer and breaks off. */
export function sendHalf(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string>,
): void {
  const content = Buffer.from(text);
  response.writeHead(status, {
    'content-type': 'application/fhir+json; charset=utf-8',
    'content-length': String(content.length),
    ...headers,
  });
  response.write(content.subarray(0, Math.floor(content.length / 2)), () => response.destroy());
}

/** A header as one string. */
export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
