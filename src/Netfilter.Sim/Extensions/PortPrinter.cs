using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Extensions;

/// <summary>How the matches on ports print them (<c>print_ports</c> of <c>extensions/libxt_tcp.c</c> and its siblings).</summary>
internal static class PortPrinter
{
    /// <summary><c> [!] --sport a[:b]</c>; all ports print nothing, even when inverted.</summary>
    public static void Save(OptionWriter writer, string name, PortRange ports, bool isInverted)
    {
        if (ports.IsAll)
        {
            return;
        }
        writer.Flag(name, isInverted).Raw(' ').Number(ports.Low);
        if (ports.Low != ports.High)
        {
            writer.Raw(':').Number(ports.High);
        }
    }

    /// <summary><c> spt:80</c> or <c> spts:1:5</c>, <c>!</c> after the first colon.</summary>
    public static void List(
        OptionWriter writer, string name, PortRange ports, bool isInverted, string protocol, in PrintContext context)
    {
        if (ports.IsAll && !isInverted)
        {
            return;
        }
        bool isSingle = ports.Low == ports.High;
        writer.Word(name).Raw(isSingle ? ":" : "s:").Raw(isInverted ? "!" : "");
        writer.Raw(NameParser.PortName(ports.Low, protocol, context));
        if (!isSingle)
        {
            writer.Raw(':').Raw(NameParser.PortName(ports.High, protocol, context));
        }
    }
}
