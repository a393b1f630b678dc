// Which of this machine's proxies and certificate authorities a function gets.
import { expect, it } from 'vitest';
import { machineNetwork, networkFor } from '../../src/worker/process/machine-network.ts';

const past = '127.0.0.1,localhost,::1';

it('are those of any spelling, with loopback past the proxy', () => {
  const own = {
    https_proxy: 'http://proxy:8080',
    HTTP_PROXY: 'http://proxy:8080',
    NO_PROXY: '.corp',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    SSL_CERT_FILE: '/ca.pem',
    AWS_CA_BUNDLE: '/ca.pem',
    AWS_PROFILE: 'dev',
    EMPTY_PROXY: '',
  };
  const { AWS_PROFILE: _profile, EMPTY_PROXY: _empty, ...kept } = own;
  expect(machineNetwork(own)).toEqual({ ...kept, NO_PROXY: `.corp,${past}`, no_proxy: `.corp,${past}` });
  expect(machineNetwork({ NO_PROXY: '.corp', HTTPS_PROXY: '' })).toEqual({});
  expect(machineNetwork({ https_proxy: 'p' })).toEqual({ https_proxy: 'p', NO_PROXY: past, no_proxy: past });
});

it('give way to what the function sets: all proxies to one, each authority to its own', () => {
  const network = {
    https_proxy: 'machine',
    NO_PROXY: past,
    no_proxy: past,
    SSL_CERT_FILE: '/m',
    AWS_CA_BUNDLE: '/m',
  };
  expect(networkFor({}, network)).toEqual(network);
  expect(networkFor({ HTTPS_PROXY: 'own', AWS_CA_BUNDLE: '/own' }, network)).toEqual({ SSL_CERT_FILE: '/m' });
  expect(networkFor({ no_proxy: '*', ssl_cert_file: '/own' }, network)).toEqual({ AWS_CA_BUNDLE: '/m' });
});
