using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Extensions;

/// <summary>Addresses as extensions print them (<c>libxtables/xtables.c xtables_ipaddr_to_anyname, xtables_ipmask_to_numeric</c>).</summary>
internal static class AddressWriter
{
    /// <summary>The address, and its mask unless it is full.</summary>
    public static string Numeric(NetAddress address, NetAddress mask)
    {
        int length = new NetPrefix(mask, mask).Length;
        int full = address.ByteCount * 8;
        return length == full ? address.ToString()
            : length >= 0 ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{address}/{length}")
            : $"{address}/{mask}";
    }

    /// <summary>As <c>-L</c> shows it: <c>anywhere</c> for the empty mask and names of hosts, unless <c>-n</c> is given.</summary>
    public static string Listed(NetAddress address, NetAddress mask, in PrintContext context)
    {
        if (context.IsNumeric)
        {
            return Numeric(address, mask);
        }
        if (mask.Bits == 0)
        {
            return "anywhere";
        }
        string numeric = Numeric(address, mask);
        return context.Environment.Names.HostNames.TryGetValue(address, out string? name)
            ? name + numeric[address.ToString().Length..]
            : numeric;
    }
}
