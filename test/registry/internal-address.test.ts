import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isInternalAddress, isInternalHost } from '../../src/registry/internal-address.ts';

test.each([
  ['unspecified', ['0.0.0.0', '0.255.255.255', '::']],
  ['loopback', ['127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1']],
  [
    'private',
    ['10.0.0.0', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', 'fc00::1', 'fdff::1'],
  ],
  ['shared', ['100.64.0.0', '100.100.100.200', '100.127.255.255']],
  ['link-local', ['169.254.0.1', '169.254.169.254', 'fe80::1', 'febf::1', 'fe80::1%eth0']],
  ['site-local', ['fec0::1', 'feff::1']],
  ['multicast', ['224.0.0.1', '239.255.255.255', 'ff02::1', 'ff0e::1']],
  ['of later use, and broadcast', ['240.0.0.1', '255.255.255.255']],
  ['of benchmarks', ['198.18.0.1', '198.19.255.255']],
  ['of the platform', ['192.0.0.192', '168.63.129.16', 'fd00:ec2::254']],
  ['mapped', ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:a9fe:a9fe', '::FFFF:10.0.0.1', '::ffff:0.0.0.0']],
  ['compatible', ['::127.0.0.1', '::10.0.0.1']],
  ['translated', ['64:ff9b::10.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::1']],
  ['tunnelled', ['2002:a00:1::', '2002:7f00:1::1', '2002:c0a8:101::1']],
  ['no address', ['', 'localhost', '127.1', '1.2.3.4.5', '%eth0']],
])('inside: %s', (_what, addresses) => {
  expect(addresses.filter((address) => !isInternalAddress(address))).toEqual([]);
});

test.each([
  [
    'beside the ranges',
    ['1.0.0.0', '9.255.255.255', '11.0.0.0', '126.255.255.255', '128.0.0.0', '223.255.255.255'],
  ],
  ['beside private ones', ['172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0']],
  ['beside shared and link-local ones', ['100.63.255.255', '100.128.0.0', '169.253.255.255', '169.255.0.0']],
  [
    'beside those of benchmarks and the platform',
    ['198.17.255.255', '198.20.0.0', '192.0.1.0', '168.63.129.17'],
  ],
  ['IPv6', ['2001:4860:4860::8888', '2606:4700::1', 'fbff::1', '::1:0:0:1']],
  ['mapped', ['::ffff:8.8.8.8', '::ffff:808:808', '::ffff:172.32.0.1']],
  ['translated and tunnelled', ['64:ff9b::8.8.8.8', '2002:808:808::1']],
])('outside: %s', (_what, addresses) => {
  expect(addresses.filter(isInternalAddress)).toEqual([]);
});

test('an IPv4 address is judged alike in every form that leads to it', () => {
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 10, 16, 31, 64, 100, 127, 168, 169, 172, 192, 254));
  fc.assert(
    fc.property(fc.tuple(byte, byte, byte, byte), ([a, b, c, d]) => {
      const address = [a, b, c, d].join('.');
      const groups = [a * 256 + b, c * 256 + d].map((group) => group.toString(16)).join(':');
      const forms = [`::ffff:${address}`, `::ffff:${groups}`, `64:ff9b::${groups}`, `2002:${groups}::1`];
      const judged = isInternalAddress(address);
      expect(forms.filter((form) => isInternalAddress(form) !== judged)).toEqual([]);
    }),
  );
});

test.each<[hostname: string, inside: boolean]>([
  ['quay.io', false],
  ['registry-1.docker.io', false],
  ['svc.example', false],
  ['localhost.example', false],
  ['a.notlocal', false],
  ['registry', true],
  ['localhost', true],
  ['LOCALHOST', true],
  ['localhost.', true],
  ['a.localhost', true],
  ['web.shop.svc', true],
  ['web.shop.svc.', true],
  ['web.shop.svc..', true],
  ['web.shop.svc.cluster.local', true],
  ['Web.Shop.SVC.Cluster.Local.', true],
  ['printer.local', true],
  ['metadata.google.internal', true],
  ['8.8.8.8', false],
  ['10.0.0.1', true],
  ['[::1]', true],
  ['[::ffff:7f00:1]', true],
  ['[2606:4700::1]', false],
  ['', true],
  ['.', true],
])('%s as a host', (hostname, inside) => {
  expect(isInternalHost(hostname)).toBe(inside);
});
