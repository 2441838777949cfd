import type { FactFields, Facts } from './platform.ts'

/** What systemd-detect-virt says to what Ansible says. */
const TYPES: Readonly<Record<string, string>> = {
  qemu: 'kvm',
  oracle: 'virtualbox',
  vmware: 'VMware',
  microsoft: 'VirtualPC',
  'systemd-nspawn': 'container',
  'container-other': 'container',
  amazon: 'kvm',
  google: 'kvm',
}

const PRODUCTS: readonly (readonly [RegExp, string])[] = [
  [/VMware/i, 'VMware'],
  [/VirtualBox/i, 'virtualbox'],
  [/KVM|QEMU|Standard PC|OpenStack|Google Compute|Amazon EC2|RHEV|oVirt/i, 'kvm'],
  [/HVM domU|Xen/i, 'xen'],
  [/Virtual Machine/i, 'VirtualPC'],
]

export const virtualFacts = (fields: FactFields): Facts => {
  const guest = guestType(fields)
  if (guest !== undefined) return { virtualization_type: guest, virtualization_role: 'guest' }
  if (fields.has('kvm')) return { virtualization_type: 'kvm', virtualization_role: 'host' }
  return { virtualization_type: 'NA', virtualization_role: 'NA' }
}

const guestType = (fields: FactFields): string | undefined => {
  const container = fields.get('container') || fields.get('container_env')
  if (container) return TYPES[container] ?? container
  const detected = fields.get('virt')?.trim() ?? ''
  if (detected !== '' && detected !== 'none') return TYPES[detected] ?? detected
  if (detected === 'none') return undefined
  const hardware = `${fields.get('product') ?? ''} ${fields.get('vendor') ?? ''}`
  const product = PRODUCTS.find(([pattern]) => pattern.test(hardware))?.[1]
  if (product !== undefined) return product
  if (fields.has('xen')) return 'xen'
  return fields.has('hypervisor') ? 'kvm' : undefined
}
