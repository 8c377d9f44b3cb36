/** A state as plain values, in the form of the conformance vectors, for tests. */

import { hex } from '../bytes'
import type { Json } from '../canonical'
import { type Admission, type ChannelState, type Head, isRolledBack, type State, statusOf } from './state'

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([one], [other]) => (one < other ? -1 : 1))
}

export function viewOf(state: State): Json {
  return {
    size: state.size,
    tree_root: hex(state.treeRoot),
    fingerprint: state.fingerprint,
    root_version: state.root?.version ?? 0,
    channels: sorted(state.channels).map(([name, channel]) => ({ name, ...channelView(state, channel) })),
    changes: sorted(state.changes).map(([, change]) => ({
      id: change.id,
      index: change.index,
      channel: change.channel,
      candidate: change.candidate,
      base: change.base,
      signers: [...change.signers].sort(),
      seed: change.seed ?? '',
      status: statusOf(state, change),
      opinions: sorted(change.opinions).map(([person, { approves, unban, index }]) => ({
        person,
        approves,
        unban: [...unban].sort(),
        index,
      })),
      gates: sorted(change.gates).map(([suite, { passed, n, index }]) => ({ suite, passed, n, index })),
    })),
    bans: sorted(state.bans).map(([digest, { length, index }]) => ({ digest, length, index })),
    banned_releases: sorted(state.bannedReleases).map(([digest, index]) => ({ digest, index })),
  }
}

function channelView(state: State, channel: ChannelState): { [key: string]: Json } {
  const admissions = [channel.serving, channel.canary].filter((item) => item !== null)
  return {
    head: channel.serving ? [headView(channel.serving)] : [],
    canary: channel.canary ? [{ ...admissionView(channel.canary), share_bp: channel.canary.shareBp }] : [],
    frozen: channel.frozen,
    history: channel.history.map(headView),
    backward_steps: channel.backwardSteps,
    epoch: channel.epoch,
    withdrawn: admissions
      .filter((item) => isRolledBack(item, state.bannedReleases))
      .map((item) => item.release)
      .sort(),
  }
}

function headView(head: Head): { [key: string]: Json } {
  return { ...admissionView(head), index: head.index }
}

function admissionView(item: Admission): { [key: string]: Json } {
  return {
    release: item.release,
    mode: item.mode,
    change: item.change,
    base: item.base,
    admitted_index: item.admittedIndex,
    unbanned: [...item.unbanned].sort(),
  }
}
