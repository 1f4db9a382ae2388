namespace Netfilter.Sim.Packets;

/// <summary>A text is not a packet in its literal form.</summary>
public sealed class PacketFormatException : FormatException
{
    /// <summary>Makes one without a place.</summary>
    public PacketFormatException()
        : this("Not a packet.")
    {
    }

    /// <summary>Makes one without a place.</summary>
    public PacketFormatException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one without a place.</summary>
    public PacketFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal PacketFormatException(int position, string message)
        : base($"{message} (at position {position})") => Position = position;

    /// <summary>Offset in the text of what is wrong, from 0.</summary>
    public int Position { get; }
}
