using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Links;

/// <summary>What a server tells its client: who it is and whom it sees.</summary>
/// <param name="Server">Its name.</param>
/// <param name="Client">The client's address and port as the server sees them.</param>
/// <param name="Address">The address and port that the client called, as the server sees them.</param>
public sealed record ServerGreeting(string Server, NetEndpoint Client, NetEndpoint Address)
{
    // So many bytes whatever the names are.
    private const int Length = 160;

    internal byte[] ToBytes()
    {
        string text = string.Create(
            CultureInfo.InvariantCulture, $"{Server}|{Client.Address}|{Client.Port}|{Address.Address}|{Address.Port}|");
        return Encoding.UTF8.GetBytes(text.PadRight(Length - 1) + "\n");
    }

    internal static ServerGreeting? TryParse(ReadOnlySpan<byte> bytes)
    {
        string[] parts = Encoding.UTF8.GetString(bytes).Split('|');
        return parts.Length == 6 && NetAddress.TryParse(parts[1], out NetAddress client) && NetAddress.TryParse(parts[3], out NetAddress own)
            && ushort.TryParse(parts[2], CultureInfo.InvariantCulture, out ushort clientPort)
            && ushort.TryParse(parts[4], CultureInfo.InvariantCulture, out ushort ownPort)
            ? new ServerGreeting(parts[0], new NetEndpoint(client, clientPort), new NetEndpoint(own, ownPort))
            : null;
    }
}
