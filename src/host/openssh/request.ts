/** What the inventory and the command line say of a host that the ssh program connects to. */
export interface OpensshRequest {
  /** Name of the host in the inventory. */
  readonly name: string
  /** The host as the ssh program is called with. */
  readonly destination: string
  readonly executable: string
  /** Arguments of the ssh program, those that go before others first. */
  readonly args: readonly string[]
  readonly password?: string | undefined
  readonly passphrase?: string | undefined
}
