import { describe, expect, test } from 'bun:test';
import { clientsCalled, keepClients, keepServices, shortenWaits } from './slim-source.ts';

const MODULE = 'example.com/provider';

describe('the list of services', () => {
  const source = `package sdkv2

import (
	"context"

	"${MODULE}/internal/conns"
	"${MODULE}/internal/service/acm"
	"${MODULE}/internal/service/zoo"
)

func servicePackages(ctx context.Context) []conns.ServicePackage {
	return []conns.ServicePackage{
		acm.ServicePackage(ctx),
		zoo.ServicePackage(ctx),
	}
}`;

  test('keeps the requested services and every other line', () => {
    const kept = keepServices(source, MODULE, new Set(['acm']));
    expect(kept).toContain('acm.ServicePackage(ctx)');
    expect(kept).toContain('internal/conns');
    expect(kept).not.toContain('zoo');
  });

  test('refuses a service that the provider does not have', () => {
    expect(() => keepServices(source, MODULE, new Set(['acm', 'nonsense']))).toThrow('nonsense');
  });
});

describe('the list of clients', () => {
  const source = `package conns

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	cloud "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/zoo"
)

func (c *AWSClient) ACMClient(ctx context.Context) *acm.Client {
	return errs.Must(client[*acm.Client](ctx, c))
}

func (c *AWSClient) CloudWatchClient(ctx context.Context) *cloud.Client {
	return errs.Must(client[*cloud.Client](ctx, c))
}

func (c *AWSClient) ZooClient(ctx context.Context) *zoo.Client {
	return errs.Must(client[*zoo.Client](ctx, c))
}
`;

  test('keeps called functions and the imports that they use', () => {
    const called = new Set(clientsCalled('conn := meta.ACMClient(ctx)\nother.CloudWatchClient(ctx, 1)'));
    const kept = keepClients(source, called);
    expect(called).toEqual(new Set(['ACMClient', 'CloudWatchClient']));
    expect(kept).toContain('func (c *AWSClient) ACMClient');
    expect(kept).toContain('cloud "github.com');
    expect(kept).not.toMatch(/zoo/i);
  });
});

describe('waits', () => {
  const wait = '1 * time.Millisecond';

  test('are shortened between two polls, not in total', () => {
    const { source, count } = shortenWaits(
      'conf := &retry.StateChangeConf{\n\tTimeout: 10 * time.Minute,\n\tMinTimeout: 10 * time.Second,\n\tDelay: 30 * time.Second,\n}',
      wait,
    );
    expect(count).toBe(2);
    expect(source).toContain('Timeout: 10 * time.Minute,');
    expect(source).toContain('MinTimeout: 1 * time.Millisecond,');
    expect(source).toContain('Delay: 1 * time.Millisecond,');
  });

  test('get an interval if they have none, or the pauses would double', () => {
    const { source } = shortenWaits(
      '{\n\tMinTimeout: 10 * time.Second,\n\tDelay: 30 * time.Second,\n}',
      wait,
    );
    expect(source.match(/PollInterval/g)).toHaveLength(1);
    const { source: had } = shortenWaits(
      '{\n\tDelay: 5 * time.Second,\n\tPollInterval: 1 * time.Second,\n}',
      wait,
    );
    expect(had.match(/PollInterval/g)).toHaveLength(1);
  });

  test('in constants are shortened too', () => {
    expect(shortenWaits('\t\tpollInterval = 15 * time.Second', wait).source).toBe(
      '\t\tpollInterval = 1 * time.Millisecond',
    );
  });

  test('that are not constant are kept', () => {
    expect(shortenWaits('\tDelay: delay,', wait)).toEqual({ source: '\tDelay: delay,', count: 0 });
  });
});
