using System.Collections.Immutable;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Engine;

/// <summary>
/// The functions registered at the five hooks of each family, ordered by priority; equal ones in the order they came
/// (<c>net/netfilter/core.c</c>: <c>nf_hook_entries_grow</c>, <c>nf_hook_slow</c>).
/// </summary>
internal sealed class HookPipeline
{
    private const int HookCount = 5;

    private readonly Entry[][] _entries = [.. Enumerable.Repeat<Entry[]>([], 2 * HookCount)];

    /// <summary>Registers a function.</summary>
    public void Register(IpFamily family, Hook hook, int priority, HookFunction function)
    {
        ref Entry[] at = ref At(family, hook);
        int index = 0;
        while (index < at.Length && at[index].Priority <= priority)
        {
            index++;
        }
        at = [.. at[..index], new Entry(priority, function), .. at[index..]];
    }

    /// <summary>Takes a function away from a hook.</summary>
    public void Unregister(IpFamily family, Hook hook, HookFunction function)
    {
        ref Entry[] at = ref At(family, hook);
        at = [.. at.Where(entry => !ReferenceEquals(entry.Function, function))];
    }

    /// <summary>The functions at a hook with their priorities, in order.</summary>
    public ImmutableArray<(int Priority, HookFunction Function)> List(IpFamily family, Hook hook) =>
        [.. At(family, hook).Select(entry => (entry.Priority, entry.Function))];

    /// <summary>
    /// Passes a packet through a hook, from the function after a priority on. <see cref="Verdict.Accept"/> when all let it
    /// pass; any other verdict ends the way at once, and <see cref="WalkContext.TakeFate"/> knows why.
    /// </summary>
    public Verdict Run(Hook hook, PacketBuffer packet, WalkContext walk, int after = int.MinValue)
    {
        Hook? outer = walk.Recorder?.MoveTo(hook);
        Verdict verdict = Verdict.Accept;
        foreach (ref readonly Entry entry in At(packet.Family, hook).AsSpan())
        {
            if (entry.Priority > after)
            {
                verdict = entry.Function.Invoke(hook, packet, walk);
                if (verdict == Verdict.QueueBypass)
                {
                    verdict = Verdict.Accept;
                }
                if (verdict != Verdict.Accept)
                {
                    break;
                }
            }
        }
        walk.Recorder?.MoveTo(outer);
        return verdict;
    }

    /// <summary>The same functions for a forked namespace.</summary>
    public HookPipeline Fork()
    {
        HookPipeline fork = new();
        _entries.CopyTo(fork._entries, 0);
        return fork;
    }

    private ref Entry[] At(IpFamily family, Hook hook) =>
        ref _entries[(family == IpFamily.IPv6 ? HookCount : 0) + (int)hook];

    private readonly record struct Entry(int Priority, HookFunction Function);
}
