/** A stretch of a template's text, as offsets from 0. */
export interface Span {
  readonly start: number
  readonly end: number
}

export type Expression = Span &
  (
    | { readonly type: 'literal'; readonly value: null | boolean | string | number | bigint; readonly float?: boolean }
    | { readonly type: 'name'; readonly name: string }
    | { readonly type: 'list' | 'tuple'; readonly items: readonly Expression[] }
    | { readonly type: 'dict'; readonly entries: readonly (readonly [Expression, Expression])[] }
    | { readonly type: 'not'; readonly operand: Expression }
    | { readonly type: 'sign'; readonly operator: '-' | '+'; readonly operand: Expression }
    | {
        readonly type: 'binary'
        readonly operator: '+' | '-' | '*' | '/' | '//' | '%' | '**'
        readonly left: Expression
        readonly right: Expression
      }
    | { readonly type: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
    | { readonly type: 'join'; readonly parts: readonly Expression[] }
    | { readonly type: 'compare'; readonly first: Expression; readonly rest: readonly Comparison[] }
    | {
        readonly type: 'choice'
        readonly condition: Expression
        readonly then: Expression
        readonly otherwise: Expression | undefined
      }
    | { readonly type: 'attribute'; readonly object: Expression; readonly name: string }
    | { readonly type: 'item'; readonly object: Expression; readonly key: Expression }
    | {
        readonly type: 'slice'
        readonly object: Expression
        readonly from: Expression | undefined
        readonly to: Expression | undefined
        readonly step: Expression | undefined
      }
    | { readonly type: 'call'; readonly callee: Expression; readonly args: CallArguments }
    | {
        readonly type: 'filter'
        readonly name: string
        readonly nameSpan: Span
        /** Undefined only for the body of a `{% filter %}` block. */
        readonly operand: Expression | undefined
        readonly args: CallArguments
      }
    | {
        readonly type: 'test'
        readonly name: string
        readonly nameSpan: Span
        readonly operand: Expression
        readonly args: CallArguments
        readonly negated: boolean
      }
  )

export type ExpressionOf<T extends Expression['type']> = Extract<Expression, { readonly type: T }>

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in'

export interface Comparison {
  readonly operator: ComparisonOperator
  readonly operand: Expression
}

export interface CallArguments {
  readonly positional: readonly Expression[]
  readonly named: readonly (readonly [string, Expression])[]
  /** `*list` and `**mapping`. */
  readonly spread: Expression | undefined
  readonly spreadNamed: Expression | undefined
}

/** Where a value goes: a name, names in a tuple, or an attribute of a namespace. */
export type Target =
  | (Span & { readonly type: 'name'; readonly name: string })
  | (Span & { readonly type: 'namespace'; readonly object: string; readonly attribute: string })
  | (Span & { readonly type: 'tuple'; readonly items: readonly Target[] })

export interface Parameter {
  readonly name: string
  readonly fallback: Expression | undefined
}

export interface MacroBody {
  readonly name: string
  readonly parameters: readonly Parameter[]
  readonly body: readonly Statement[]
}

export type Statement = Span &
  (
    | { readonly type: 'data'; readonly text: string }
    | { readonly type: 'output'; readonly expression: Expression }
    | {
        readonly type: 'for'
        readonly target: Target
        readonly items: Expression
        readonly filter: Expression | undefined
        readonly recursive: boolean
        readonly body: readonly Statement[]
        readonly otherwise: readonly Statement[]
      }
    | {
        readonly type: 'if'
        readonly branches: readonly { readonly condition: Expression; readonly body: readonly Statement[] }[]
        readonly otherwise: readonly Statement[]
      }
    | { readonly type: 'set'; readonly target: Target; readonly value: Expression }
    | {
        readonly type: 'setBlock'
        readonly target: Target
        readonly filters: Expression | undefined
        readonly body: readonly Statement[]
      }
    | { readonly type: 'do'; readonly expression: Expression }
    | ({ readonly type: 'macro' } & MacroBody)
    | ({ readonly type: 'call'; readonly call: ExpressionOf<'call'> } & MacroBody)
    | { readonly type: 'filterBlock'; readonly filters: Expression; readonly body: readonly Statement[] }
    | {
        readonly type: 'with'
        readonly bindings: readonly (readonly [Target, Expression])[]
        readonly body: readonly Statement[]
      }
    | {
        readonly type: 'include'
        readonly template: Expression
        readonly ignoreMissing: boolean
        readonly withContext: boolean
      }
    | { readonly type: 'import'; readonly template: Expression; readonly name: string; readonly withContext: boolean }
    | {
        readonly type: 'fromImport'
        readonly template: Expression
        readonly names: readonly (readonly [string, string])[]
        readonly withContext: boolean
      }
    | { readonly type: 'break' | 'continue' }
  )

export type StatementOf<T extends Statement['type']> = Extract<Statement, { readonly type: T }>
