import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { effectOf, tagTellsChange } from '../../src/postgres/sql-effect.ts'
import { bindParameters, quoteIdentifier, quoteLiteral } from '../../src/postgres/sql-literal.ts'
import { bindPercent } from '../../src/postgres/sql-percent.ts'
import { firstKeyword, scanSql, splitStatements } from '../../src/postgres/sql-scan.ts'

describe('statements', () => {
  test.each<[string, string[]]>([
    ['SELECT 1; SELECT 2;', ['SELECT 1', 'SELECT 2']],
    [" ; -- nothing\n/* ; */ SELECT ';' ; ", ["-- nothing\n/* ; */ SELECT ';'"]],
    ["SELECT E'\\'; ', 'a''b;', \"x;\"\"y\"; X", ["SELECT E'\\'; ', 'a''b;', \"x;\"\"y\"", 'X']],
    ['DO $$ BEGIN; END $$; DO $x$ $$;$$ $x$', ['DO $$ BEGIN; END $$', 'DO $x$ $$;$$ $x$']],
    [
      'CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); X',
      ['CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)', 'X'],
    ],
    [
      'CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; X',
      ['CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END', 'X'],
    ],
    ['BEGIN; SELECT 1; END; X', ['BEGIN', 'SELECT 1', 'END', 'X']],
    ['/* a /* nested; */ b; */ SELECT a$b$c; X', ['/* a /* nested; */ b; */ SELECT a$b$c', 'X']],
  ])('%s', (text, statements) => {
    expect(splitStatements(text)).toEqual(statements)
  })

  test.each([
    ["SELECT 'a", "the SQL has a quote ' that does not end"],
    ['SELECT "a', 'the SQL has a quote " that does not end'],
    ['SELECT $x$ a $y$', 'the SQL has a quote $x$ that does not end'],
    ['SELECT /* /* */ 1', 'the SQL has a comment /* that does not end'],
    ['SELECT 1 \\gexec', 'the SQL has a backslash outside quotes'],
  ])('%s is refused', (text, message) => {
    expect(() => splitStatements(text)).toThrow(message)
  })

  test('nothing is lost by cutting', () => {
    const text = fc.array(
      fc.constantFrom("'", 'E', '"', '$', '$$', ';', ' ', '\n', '--', '/*', '*/', 'a', '1', ':', '(', ')'),
    )
    fc.assert(
      fc.property(text, (pieces) => {
        const sql = pieces.join('')
        try {
          expect(
            scanSql(sql)
              .map((token) => token.text)
              .join(''),
          ).toBe(sql)
        } catch (error) {
          expect(String(error)).toMatch(/does not end/)
        }
      }),
    )
  })

  test('the first word of a statement', () => {
    expect(firstKeyword(' /* x */ (( select 1))')).toBe('SELECT')
  })
})

describe('values', () => {
  test('as literals', () => {
    expect(
      [null, true, -1, 1.5, 10n, "it's", 'a\\b', ['x', 1], [], { a: "'" }].map((value) => quoteLiteral(value)),
    ).toEqual(['NULL', 'TRUE', '(-1)', '1.5', '10', "'it''s'", " E'a\\\\b'", "ARRAY['x', 1]", "'{}'", `'{"a":"''"}'`])
    expect(() => quoteLiteral('a\0b')).toThrow('a text in PostgreSQL cannot hold a NUL byte')
    expect(quoteIdentifier('a"b')).toBe('"a""b"')
  })

  test('a text is one token, whatever it holds', () => {
    const value = fc.string().filter((text) => !text.includes('\0'))
    fc.assert(
      fc.property(value, (text) => {
        expect(scanSql(quoteLiteral(text).trim()).map((token) => token.kind)).toEqual(['quoted'])
      }),
    )
  })

  test('go into places outside strings and comments', () => {
    expect(bindParameters("SELECT $1, '$1', $2::int -- $3\n, $1", ['a', 2])).toBe(
      "SELECT 'a', '$1', 2::int -- $3\n, 'a'",
    )
    expect(() => bindParameters('SELECT $2', ['a'])).toThrow('the SQL asks for $2, and 1 values are given')
    expect(() => bindParameters('SELECT 1', ['a'])).toThrow('1 values are given, and the SQL has places for 0')
  })

  test('go into the places of Python drivers', () => {
    expect(bindPercent("SELECT %s, 10 %% 3 WHERE a LIKE 'x%%' -- %s", ['a'], {})).toBe(
      "SELECT 'a', 10 % 3 WHERE a LIKE 'x%' -- %s",
    )
    expect(bindPercent('SELECT %(a b)s, %(a b)s', [], { 'a b': 1 })).toBe('SELECT 1, 1')
    expect(() => bindPercent('SELECT %s, %s', ['a'], {})).toThrow('the SQL has more places %s than the 1 values given')
    expect(() => bindPercent('SELECT %(x)s', [], {})).toThrow(
      'the SQL asks for %(x)s, which is not among the named values',
    )
    expect(() => bindPercent('SELECT 1', [], { x: 1 })).toThrow('the SQL has no place for %(x)s')
    expect(() => bindPercent('SELECT 10 % 3', [], {})).toThrow(
      'the SQL has a percent sign that is no place for a value',
    )
  })
})

describe('what a statement does', () => {
  test.each([
    ['SELECT 1', 'reads'],
    ['with x as (select 1) table x', 'reads'],
    ['SELECT pg_switch_wal()', 'acts'],
    ['select pg_catalog.pg_terminate_backend(1)', 'acts'],
    ["SELECT 'pg_switch_wal'", 'reads'],
    ['ALTER SYSTEM SET a = 1', 'writes'],
    ['VACUUM', 'writes'],
    ['INSERT INTO t VALUES (1)', 'writes'],
  ])('%s %s', (statement, effect) => {
    expect(effectOf(statement)).toBe(effect)
  })

  test('a tag tells of a change', () => {
    expect(['INSERT 0 1', 'UPDATE 3', 'CREATE TABLE', 'VACUUM', 'MERGE 2'].every(tagTellsChange)).toBe(true)
    expect(['INSERT 0 0', 'DELETE 0', 'SELECT 10', 'SHOW', 'SET', 'COMMIT', ''].some(tagTellsChange)).toBe(false)
  })
})
