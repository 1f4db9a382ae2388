using Netfilter.Sim.Addressing;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Stack.Fragments;

namespace Netfilter.Sim.Stack;

/// <summary>Where the IP layer takes fragments together and makes them (<c>ip_defrag</c>, <c>ip_fragment</c>, <c>ip6_fragment</c>).</summary>
internal sealed partial class IpStack
{
    /// <summary>Collects fragments that are for this host, when conntrack has not done it (<c>ip_local_deliver</c>).</summary>
    /// <returns>What became of the fragment when it is not the whole packet now.</returns>
    private Fate? Collect(PacketBuffer packet)
    {
        int timeout = Host.Configuration.Sysctls.FragmentTimeoutSeconds;
        return Host.Fragments.Gather(packet, FragmentUser.LocalDeliver, Walk.NowNanoseconds, timeout) switch
        {
            FragmentOutcome.Held => Fate.Held("a fragment that waits for the others"),
            FragmentOutcome.Duplicate => Fate.Dropped("a fragment that was there already"),
            FragmentOutcome.Dropped => Fate.Dropped("a fragment that does not fit the others"),
            _ => null,
        };
    }

    /// <summary>Collects IPv6 fragments that INPUT has let pass (<c>ipv6_frag_rcv</c>).</summary>
    /// <returns>Whether the packet is whole now, or always was.</returns>
    private bool IsWholeV6(PacketBuffer packet)
    {
        const int TimeoutSeconds = 60;
        switch (Host.Fragments.Gather(packet, FragmentUser.LocalDeliver, Walk.NowNanoseconds, TimeoutSeconds))
        {
            case FragmentOutcome.HeadersTruncated:
                SendIcmpError(packet, Icmpv6Type.ParameterProblem, 3);
                return false;
            case FragmentOutcome.UnevenLength:
                const uint PayloadLengthField = 4;
                SendIcmpError(packet, Icmpv6Type.ParameterProblem, 0, PayloadLengthField);
                return false;
            case FragmentOutcome.Untouched or FragmentOutcome.Reassembled:
                return true;
            default:
                return false;
        }
    }

    /// <summary>Sends a packet on in as many pieces as it takes, or tells its sender that it may not.</summary>
    private Fate Fragment(PacketBuffer packet, NetDevice device, int mtu)
    {
        bool isIPv4 = packet.Family == IpFamily.IPv4;
        // What a program has sent whole is not split for it (rawv6_send_hdrinc sets no ignore_df); the kernel's own answers are.
        bool isKernels = packet is { InDevice: null, Socket: null or { IsKernel: true } };
        switch (Fragmenter.Check(packet, mtu, mayFragmentV6: isKernels))
        {
            case FragmentNeed.None:
                return Transmit(packet, device);
            case FragmentNeed.TooBig:
                SendIcmpError(
                    packet,
                    isIPv4 ? IcmpType.DestinationUnreachable : Icmpv6Type.PacketTooBig,
                    isIPv4 ? IcmpCode.FragmentationNeeded : (byte)0,
                    (uint)mtu);
                return Fate.Rejected(isIPv4 ? "fragmentation needed" : "packet too big");
        }
        packet.CompleteChecksum();
        uint identification = isIPv4 ? 0 : 1 + Walk.Chance.Choose(ChancePurpose.PacketIdentification, uint.MaxValue);
        if (!Fragmenter.TryBegin(packet, mtu, identification, out Fragmenter fragmenter))
        {
            return Fate.Dropped("no room for data in a fragment");
        }
        PacketBuffer fragment = Rent();
        while (fragmenter.Next(fragment))
        {
            int outer = Walk.BeginLife(LifeCause.Fragmented, fragment);
            Finish(fragment, outer, Transmit(fragment, device));
            fragment = Rent();
        }
        Return(fragment);
        return Fate.Replaced("leaves in fragments");
    }
}
