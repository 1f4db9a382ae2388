using System.Globalization;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Tests.Conntrack;

/// <summary>Segments one by one: what each is to its connection, and what the entry shows after it.</summary>
public sealed class TcpTrackerTests
{
    // Direction (> client, < server), flags, sequence, acknowledgement, bytes, window: state of the packet, state of the
    // entry, seconds left. Numbers count from 1000 (client) and 5000 (server).
    private const string Handshake = """
        > S   1000 0    0 1000 : NEW SYN_SENT 120
        < SA  5000 1001 0 2000 : ESTABLISHED SYN_RECV 60
        > A   1001 5001 0 1000 : ESTABLISHED ESTABLISHED 432000
        """;

    [Theory]
    [InlineData("life", """
        > PA  1001 5001 10 1000 : ESTABLISHED ESTABLISHED 300
        < A   5001 1011 0 2000 : ESTABLISHED ESTABLISHED 432000
        > FA  1011 5001 0 1000 : ESTABLISHED FIN_WAIT 120
        < A   5001 1012 0 2000 : ESTABLISHED CLOSE_WAIT 60
        < FA  5001 1012 0 2000 : ESTABLISHED LAST_ACK 30
        > A   1012 5002 0 1000 : ESTABLISHED TIME_WAIT 120
        """)]
    [InlineData("reset with the exact number closes", """
        < R   5001 0    0 0 : ESTABLISHED CLOSE 10
        """)]
    [InlineData("reset inside the window but not exact keeps the state", """
        < R   5100 0    0 0 : ESTABLISHED ESTABLISHED 10
        """)]
    [InlineData("reset below what was acknowledged", """
        < R   4000 0    0 0 : INVALID ESTABLISHED 432000
        """)]
    [InlineData("data beyond the window", """
        > PA  9000 5001 10 1000 : INVALID ESTABLISHED 432000
        """)]
    [InlineData("data below the window is an old retransmission", """
        > PA  1    5001 10 1000 : ESTABLISHED ESTABLISHED 432000
        """)]
    [InlineData("acknowledgement of what was never sent", """
        > A   1001 6000 0 1000 : INVALID ESTABLISHED 432000
        """)]
    [InlineData("stray SYN is left to the peer", """
        > S   3000 0    0 1000 : ESTABLISHED ESTABLISHED 432000
        < A   5001 1001 0 2000 : ESTABLISHED ESTABLISHED 432000
        """)]
    [InlineData("SYN answered anew resynchronises", """
        > S   3000 0    0 1000 : ESTABLISHED ESTABLISHED 432000
        < SA  8000 3001 0 2000 : ESTABLISHED SYN_RECV 60
        > A   3001 8001 0 1000 : ESTABLISHED ESTABLISHED 432000
        """)]
    [InlineData("three repetitions without an answer", """
        > A   1001 5001 0 1000 : ESTABLISHED ESTABLISHED 432000
        > A   1001 5001 0 1000 : ESTABLISHED ESTABLISHED 432000
        > A   1001 5001 0 1000 : ESTABLISHED ESTABLISHED 300
        """)]
    [InlineData("window closed", """
        < A   5001 1001 0 0 : ESTABLISHED ESTABLISHED 300
        """)]
    [InlineData("reopened after the end", """
        > FA  1001 5001 0 1000 : ESTABLISHED FIN_WAIT 120
        < FA  5001 1002 0 2000 : ESTABLISHED LAST_ACK 30
        > A   1002 5002 0 1000 : ESTABLISHED TIME_WAIT 120
        > S   9000 0    0 1000 : NEW SYN_SENT 120
        """)]
    [InlineData("flags that make no sense", """
        > SF  1001 0    0 1000 : INVALID ESTABLISHED 432000
        > -   1001 0    0 1000 : INVALID ESTABLISHED 432000
        """)]
    public void Established_Segments_ChangeStateAsLinuxDoes(string name, string rows) =>
        Play(name, Handshake + "\n" + rows);

    [Theory]
    [InlineData("simultaneous open", """
        > S   1000 0    0 1000 : NEW SYN_SENT 120
        < S   5000 0    0 2000 : ESTABLISHED SYN_SENT2 120
        > SA  1000 5001 0 1000 : ESTABLISHED SYN_RECV 60
        < A   5001 1001 0 2000 : ESTABLISHED ESTABLISHED 432000
        """)]
    [InlineData("repeated SYN does not prolong", """
        > S   1000 0    0 1000 : NEW SYN_SENT 120
        +5
        > S   1000 0    0 1000 : NEW SYN_SENT 115
        """)]
    [InlineData("refused", """
        > S   1000 0    0 1000 : NEW SYN_SENT 120
        < RA  0    1001 0 0 : ESTABLISHED -
        """)]
    [InlineData("taken over in the middle", """
        > A   1000 5000 10 1000 : NEW ESTABLISHED 300
        < A   5000 1010 10 2000 : ESTABLISHED ESTABLISHED 300
        > A   1010 5010 0 1000 : ESTABLISHED ESTABLISHED 432000
        """)]
    [InlineData("cannot begin with an answer", """
        < SA  5000 1001 0 2000 : INVALID -
        < R   5000 0 0 2000 : INVALID -
        """)]
    [InlineData("half open: challenge to a SYN, then reset", """
        > S   1000 0    0 1000 : NEW SYN_SENT 120
        < A   7000 500  0 2000 : ESTABLISHED SYN_SENT 120
        > R   500  0    0 0 : ESTABLISHED CLOSE 10
        """)]
    public void FirstSegments_Of_EachKind_BeginAsLinuxDoes(string name, string rows) => Play(name, rows);

    [Theory]
    [InlineData("net.netfilter.nf_conntrack_tcp_loose", 0, "> A   1000 5000 0 1000 : INVALID -")]
    [InlineData("net.netfilter.nf_conntrack_tcp_be_liberal", 1, Handshake + "\n> PA  9000 5001 10 1000 : ESTABLISHED ESTABLISHED 432000")]
    [InlineData("net.netfilter.nf_conntrack_tcp_ignore_invalid_rst", 1, Handshake + "\n< R   4999 0    0 0 : ESTABLISHED ESTABLISHED 10")]
    [InlineData("net.netfilter.nf_conntrack_tcp_timeout_established", 77, "> A   1000 5000 0 1000 : NEW ESTABLISHED 77")]
    public void Setting_Changed_ChangesTheAnswer(string setting, int value, string rows) =>
        Play(setting, rows, bench => bench.Host.ConntrackSettings = bench.Host.ConntrackSettings.With(setting, value));

    [Fact]
    public void WindowScale_FromBothSides_WidensTheWindow()
    {
        ConntrackBench bench = new ConntrackBench().WithFilter();
        byte[] scale = [3, 3, 7, 0];
        bench.Pass(ConntrackBench.Inside, Segment('>', TcpFlags.Syn, 1000, 0, 0, 1000, scale));
        bench.Pass(ConntrackBench.Outside, Segment('<', TcpFlags.Syn | TcpFlags.Ack, 5000, 1001, 0, 1000, scale));
        bench.Pass(ConntrackBench.Inside, Segment('>', TcpFlags.Ack, 1001, 5001, 0, 1000));
        bench.Pass(ConntrackBench.Outside, Segment('<', TcpFlags.Ack, 5001, 1001, 0, 1000));
        bench.Host.Conntrack.Single().TcpEndpoints!.Value.Original.WindowScale.ShouldBe((byte)7);
        bench.Pass(ConntrackBench.Inside, Segment('>', TcpFlags.Ack, 1001 + 100_000, 5001, 10, 1000));
        bench.LastState.ShouldBe("ESTABLISHED");
        bench.Pass(ConntrackBench.Inside, Segment('>', TcpFlags.Ack, 1001 + 300_000, 5001, 10, 1000));
        bench.LastState.ShouldBe("INVALID");
    }

    private static void Play(string name, string rows, Action<ConntrackBench>? prepare = null)
    {
        ConntrackBench bench = new ConntrackBench().WithFilter();
        prepare?.Invoke(bench);
        foreach (string row in rows.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (row[0] == '+')
            {
                bench.Clock.Advance(TimeSpan.FromSeconds(int.Parse(row[1..], CultureInfo.InvariantCulture)));
                continue;
            }
            string[] halves = row.Split(':', StringSplitOptions.TrimEntries);
            string[] words = halves[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            uint[] numbers = [.. words.Skip(2).Select(word => uint.Parse(word, CultureInfo.InvariantCulture))];
            Packet segment = Segment(row[0], Flags(words[1]), numbers[0], numbers[1], (int)numbers[2], (ushort)numbers[3]);
            bench.Pass(row[0] == '>' ? ConntrackBench.Inside : ConntrackBench.Outside, segment);
            string entry = bench.Host.Conntrack is [var only]
                ? $"{Sim.Conntrack.ConnectionText.NameOf(only.TcpState!.Value)} {only.TimeoutSeconds}" : "-";
            $"{bench.LastState} {entry}".ShouldBe(halves[1], $"{name}: {row}");
        }
    }

    private static Packet Segment(
        char direction, TcpFlags flags, uint sequence, uint ack, int length, ushort window, params byte[] options) =>
        new PacketBuilder
        {
            Source = direction == '>' ? "10.0.0.2" : "203.0.113.9",
            Destination = direction == '>' ? "203.0.113.9" : "10.0.0.2",
            SourcePort = direction == '>' ? (ushort)4000 : (ushort)80,
            DestinationPort = direction == '>' ? (ushort)80 : (ushort)4000,
            TcpFlags = flags,
            Sequence = sequence,
            Acknowledgement = ack,
            Window = window,
            TcpOptions = [.. options],
            Payload = [.. new byte[length]],
        }.Build();

    private static TcpFlags Flags(string letters)
    {
        TcpFlags flags = TcpFlags.None;
        foreach (char letter in letters)
        {
            flags |= letter switch
            {
                'S' => TcpFlags.Syn,
                'A' => TcpFlags.Ack,
                'F' => TcpFlags.Fin,
                'R' => TcpFlags.Rst,
                'P' => TcpFlags.Psh,
                _ => TcpFlags.None,
            };
        }
        return flags;
    }
}
