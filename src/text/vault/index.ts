export { decryptVault, type VaultPassword } from './decrypt.ts'
export { encryptVault } from './encrypt.ts'
export { isVault } from './envelope.ts'
