import { beforeAll, describe } from '@jest/globals';
import { startPinstream, type Pinstream } from './pinstream.ts';
import { applyExamples } from './story/examples.ts';
import { describeLeftAlone } from './story/left-alone.ts';
import { describeMovingTags } from './story/moving-tags.ts';
import { describeOutages } from './story/outages.ts';
import { describePinning } from './story/pinning.ts';
import { describeRestarts } from './story/restarts.ts';
import { describeRules, rules } from './story/rules.ts';
import { storyOn } from './story/story.ts';
import { describeSwitches } from './story/switches.ts';
import { describeStreams } from './story/streams.ts';
import { describeOnCluster } from './suite.ts';

describeOnCluster('the story of the README, with a real kubectl', (cluster) => {
  let running: Pinstream | undefined;
  const pinstream = (): Pinstream => {
    if (running === undefined) throw new Error('Pinstream is not running');
    return running;
  };
  const story = storyOn(cluster, pinstream);

  beforeAll(async () => {
    running = await startPinstream(cluster(), { configuration: rules });
    await applyExamples(cluster());
    await story.until('Pinstream knows the streams of the examples', async () => {
      const { image } = await story.preview('zabbix-agent:6.4');
      if (!image.includes('@sha256:')) throw new Error(`it admits ${image}`);
    });
  });

  describe('a short name becomes the exact image', () => describePinning(story));
  describe('what no stream answers', () => describeLeftAlone(story));
  describe('a tag that moves', () => describeMovingTags(story));
  describe('switches', () => describeSwitches(story));
  describe('image streams as they are written', () => describeStreams(story));
  describe('rules', () => describeRules(story));
  describe('an outage', () => describeOutages(story));
  describe('restarts', () => describeRestarts(story));
});
