namespace Netfilter.Sim.Stack.Fragments;

/// <summary>What <see cref="Defragmenter"/> did with a packet.</summary>
internal enum FragmentOutcome : byte
{
    /// <summary>It goes on as it is: no fragment, or one that is not collected.</summary>
    Untouched,

    /// <summary>It was the last missing piece, and goes on as the whole packet.</summary>
    Reassembled,

    /// <summary>It waits for the others.</summary>
    Held,

    /// <summary>It had been there already.</summary>
    Duplicate,

    /// <summary>It was thrown away, as a rule with all the others.</summary>
    Dropped,

    /// <summary>IPv6, for the host itself: the first one lacks headers; dropped, and its sender told.</summary>
    HeadersTruncated,

    /// <summary>IPv6, for the host itself: not the last one, and no multiple of 8 bytes; dropped, and its sender told.</summary>
    UnevenLength,
}
