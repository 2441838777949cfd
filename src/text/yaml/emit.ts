import { type ScalarContext, scalarForms } from './emit-scalar.ts'

/** A value on its way to YAML. `isText` scalars are quoted where they would be read as something else. */
export type EmitNode =
  | { readonly kind: 'scalar'; readonly text: string; readonly isText: boolean }
  | { readonly kind: 'sequence'; readonly items: readonly EmitNode[] }
  | { readonly kind: 'mapping'; readonly entries: readonly (readonly [EmitNode, EmitNode])[] }

export interface EmitOptions {
  /** Spaces a level, 2 unless told. */
  readonly indent?: number
  /** Lines are folded at blanks behind this column; 80 unless told. */
  readonly width?: number
  /** Lists and mappings of scalars only are written as `[a, b]` and `{a: b}`. */
  readonly flowLeaves?: boolean
}

/** Writes YAML in the form of PyYAML's emitter, which is the form that Ansible's filters give. */
export const emitYaml = (node: EmitNode, options: EmitOptions = {}): string => {
  const emitter = new Emitter(options)
  emitter.root(node)
  return emitter.text
}

class Emitter {
  text = ''
  readonly #indent: number
  readonly #width: number
  readonly #flowLeaves: boolean
  #column = 0

  constructor(options: EmitOptions) {
    this.#indent = options.indent ?? 2
    this.#width = options.width ?? 80
    this.#flowLeaves = options.flowLeaves ?? false
  }

  root(node: EmitNode): void {
    this.#node(node, 0, { inFlow: false, isKey: false, indent: this.#indent })
    if (!this.text.endsWith('\n')) this.#write('\n')
  }

  #node(node: EmitNode, indent: number, context: ScalarContext): void {
    if (node.kind === 'scalar') this.#scalar(node, context)
    else if (this.#isFlow(node)) this.#flow(node, context.indent)
    else if (node.kind === 'sequence') this.#sequence(node.items, indent)
    else this.#mapping(node.entries, indent)
  }

  #isFlow(node: EmitNode): boolean {
    const parts = node.kind === 'sequence' ? node.items : node.kind === 'mapping' ? node.entries.flat() : []
    return parts.length === 0 || (this.#flowLeaves && parts.every((part) => part.kind === 'scalar'))
  }

  #sequence(items: readonly EmitNode[], indent: number): void {
    items.forEach((item, index) => {
      if (index > 0 || this.#column > indent) this.#lineAt(indent)
      const simple = item.kind === 'scalar' || this.#isFlow(item)
      this.#write(`-${' '.repeat(simple ? 1 : Math.max(1, this.#indent - 1))}`)
      const inner = indent + this.#indent
      this.#node(item, inner, { inFlow: false, isKey: false, indent: inner })
    })
  }

  #mapping(entries: readonly (readonly [EmitNode, EmitNode])[], indent: number): void {
    entries.forEach(([key, value], index) => {
      if (index > 0 || this.#column > indent) this.#lineAt(indent)
      this.#node(key, indent, { inFlow: false, isKey: true, indent })
      this.#write(':')
      const inner = indent + this.#indent
      if (value.kind === 'scalar' || this.#isFlow(value)) {
        this.#write(' ')
        this.#node(value, inner, { inFlow: false, isKey: false, indent: inner })
      } else {
        const at = value.kind === 'sequence' ? indent : inner
        this.#lineAt(at)
        this.#node(value, at, { inFlow: false, isKey: false, indent: at })
      }
    })
  }

  #flow(node: EmitNode, indent: number): void {
    const inner = { inFlow: true, isKey: false, indent: indent + this.#indent }
    if (node.kind === 'scalar') {
      this.#scalar(node, inner)
      return
    }
    this.#write(node.kind === 'sequence' ? '[' : '{')
    const parts = node.kind === 'sequence' ? node.items : node.entries
    for (const [index, part] of parts.entries()) {
      if (index > 0) this.#write(',')
      if (this.#column > this.#width) this.#lineAt(indent)
      else if (index > 0) this.#write(' ')
      if (node.kind === 'mapping') {
        const [key, value] = part as readonly [EmitNode, EmitNode]
        this.#node(key, indent, { ...inner, isKey: true })
        this.#write(': ')
        this.#flow(value, indent)
      } else this.#flow(part as EmitNode, indent)
    }
    this.#write(node.kind === 'sequence' ? ']' : '}')
  }

  #scalar(node: Extract<EmitNode, { kind: 'scalar' }>, context: ScalarContext): void {
    for (const piece of scalarForms(node.text, node.isText, context)) {
      if (piece.kind === 'break') this.#lineAt(context.indent)
      else if (piece.kind === 'blank' && this.#column > this.#width && !context.isKey) this.#lineAt(context.indent)
      else this.#write(piece.text)
    }
  }

  #lineAt(indent: number): void {
    this.#write(`\n${' '.repeat(indent)}`)
  }

  #write(text: string): void {
    this.text += text
    const newline = text.lastIndexOf('\n')
    this.#column = newline < 0 ? this.#column + text.length : text.length - newline - 1
  }
}
