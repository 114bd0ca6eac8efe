import { expect, test } from 'vitest';
import { readCsv, writeCsv } from './csv.ts';

test('reads quotes, line ends within them, a mark at the beginning, and counts lines as the file has them', () => {
  const { rows, problems } = readCsv(
    '\uFEFFName,Text\r\n"a ""b""","one\r\ntwo"\r\n\r\n c , d \n',
    ['name', 'text'],
    [],
  );
  expect(problems).toEqual([]);
  expect(rows).toEqual([
    { line: 2, values: { name: 'a "b"', text: 'one\r\ntwo' } },
    { line: 5, values: { name: 'c', text: 'd' } },
  ]);
});

test('a semicolon or tab separates where it stands most often: decimal commas are part of the value', () => {
  expect(readCsv('a;b\n1,5;2,5', ['a', 'b'], []).rows[0]?.values).toEqual({ a: '1,5', b: '2,5' });
  expect(readCsv('a\tb\n1\t2', ['a', 'b'], []).rows[0]?.values).toEqual({ a: '1', b: '2' });
});

test('names missing, unknown and doubled columns, and lines of another length', () => {
  const texts = (text: string) => readCsv(text, ['a', 'b'], ['c']).problems;
  expect(texts('')).toEqual([{ line: 0, text: 'The file is empty.' }]);
  expect(texts('a\n1')).toEqual([{ line: 1, text: 'The column “b” is missing.' }]);
  expect(texts('a,b,x\n1,2,3')[0]?.text).toBe('The column “x” is not known.');
  expect(texts('a,b,b\n1,2,3')[0]?.text).toBe('The column “b” is there twice.');
  expect(texts('a,b\n1,2\n1\n')).toEqual([{ line: 3, text: '1 fields instead of 2.' }]);
  expect(texts('a,b\n1,"2\n')).toEqual([{ line: 2, text: 'A quotation mark is not closed.' }]);
  expect(texts('a,b\n')).toEqual([{ line: 0, text: 'The file has no lines but the first.' }]);
});

test('writes what it reads, and no text a spreadsheet would run', () => {
  const rows = [{ a: 'x, "y"\nz', b: -1.5 }];
  expect(readCsv(writeCsv(['a', 'b'], rows), ['a', 'b'], []).rows[0]?.values).toEqual({
    a: 'x, "y"\nz',
    b: '-1.5',
  });
  expect(writeCsv(['a'], [{ a: '=1+1' }])).toBe("a\r\n'=1+1\r\n");
});
