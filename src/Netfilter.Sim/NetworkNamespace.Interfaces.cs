using System.Collections.Immutable;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim;

/// <summary>Interfaces and their addresses.</summary>
public sealed partial class NetworkNamespace
{
    /// <summary>The interfaces by index; <c>lo</c> first.</summary>
    public ImmutableArray<NetDevice> Interfaces => Configuration.Devices;

    /// <summary>
    /// Adds an interface with addresses such as <c>192.168.1.11/24</c>, and takes it up. It carries bare IP packets; ask for
    /// <see cref="NetDeviceKind.Ethernet"/> where Ethernet addresses and neighbours matter.
    /// </summary>
    /// <exception cref="ArgumentException">There is an interface of that name, or the name is not one.</exception>
    /// <exception cref="FormatException">Not an address.</exception>
    public NetDevice AddInterface(string name, params ReadOnlySpan<string> addresses) =>
        AddInterface(name, NetDeviceKind.Tun, addresses);

    /// <summary>Adds an interface of a kind with addresses, and takes it up.</summary>
    /// <exception cref="ArgumentException">There is an interface of that name, or the name is not one.</exception>
    /// <exception cref="FormatException">Not an address.</exception>
    public NetDevice AddInterface(string name, NetDeviceKind kind, params ReadOnlySpan<string> addresses)
    {
        ImmutableArray<InterfaceAddress>.Builder parsed = ImmutableArray.CreateBuilder<InterfaceAddress>(addresses.Length);
        foreach (string address in addresses)
        {
            parsed.Add(InterfaceAddress.Parse(address));
        }
        return AddInterface(new NetDevice(0, name, kind) { Addresses = parsed.ToImmutable() });
    }

    /// <summary>Adds an interface. An index of 0 becomes the next free one; an Ethernet address of 0 one made of the index.</summary>
    /// <exception cref="ArgumentException">There is an interface of that name or index, or the name is not one.</exception>
    public NetDevice AddInterface(NetDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.Name.Length is 0 or > 15 || device.Name is "." or ".." || device.Name.Any(c => c is '/' or ':' || char.IsWhiteSpace(c)))
        {
            throw new ArgumentException($"'{device.Name}' is not a name for an interface.", nameof(device));
        }
        if (Configuration.FindDevice(device.Name) is not null || (device.Index != 0 && Configuration.FindDevice(device.Index) is not null))
        {
            throw new ArgumentException($"There is an interface {device.Name} (or one of its index) already.", nameof(device));
        }
        bool hasLinkHeader = device.Kind is NetDeviceKind.Ethernet or NetDeviceKind.Veth or NetDeviceKind.Bridge;
        if (hasLinkHeader && device.MacAddress == 0)
        {
            int index = device.Index == 0 ? Configuration.NextDeviceIndex : device.Index;
            device = device with { MacAddress = 0x020000000000UL + (uint)index };
        }
        Configuration = Configuration.WithDevice(device);
        return Configuration.FindDevice(device.Name)!;
    }

    /// <summary>Removes an interface with its addresses and all routes by it.</summary>
    /// <exception cref="ArgumentException">There is no such interface.</exception>
    public void RemoveInterface(string name)
    {
        NetDevice device = Interface(name);
        Configuration = Configuration.WithoutDevice(device.Name);
        Tracker.ForgetMasqueraded(device.Index);
    }

    /// <summary>Takes an interface up (<c>ip link set … up</c>).</summary>
    /// <exception cref="ArgumentException">There is no such interface.</exception>
    public void SetUp(string name) => Configuration = Configuration.WithLinkState(Interface(name).Name, isUp: true);

    /// <summary>Takes an interface down: its routes go, and its IPv6 addresses, too.</summary>
    /// <exception cref="ArgumentException">There is no such interface.</exception>
    public void SetDown(string name)
    {
        Configuration = Configuration.WithLinkState(Interface(name).Name, isUp: false);
        Tracker.ForgetMasqueraded(Interface(name).Index);
    }

    /// <summary>Changes what can be changed of an interface: MTU, Ethernet address, group, bridge, hairpin.</summary>
    /// <param name="device">The interface as <see cref="Interface"/> gave it, changed by <c>with</c>; addresses and state are not looked at.</param>
    /// <exception cref="ArgumentException">There is no such interface.</exception>
    public void Change(NetDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        NetDevice present = Configuration.FindDevice(device.Index)
            ?? throw new ArgumentException($"There is no interface with the index {device.Index}.", nameof(device));
        Configuration = Configuration.WithChanged(
            device with { Name = present.Name, Addresses = present.Addresses, IsUp = present.IsUp });
    }

    /// <summary>The interface of a name.</summary>
    /// <exception cref="ArgumentException">There is no such interface.</exception>
    public NetDevice Interface(string name) => Configuration.FindDevice(name)
        ?? throw new ArgumentException($"There is no interface {name}.", nameof(name));

    /// <summary>Adds an address such as <c>10.0.0.1/24</c> to an interface.</summary>
    /// <exception cref="ArgumentException">There is no such interface, or it has the address already.</exception>
    /// <exception cref="FormatException">Not an address.</exception>
    public void AddAddress(string name, string address) => AddAddress(name, InterfaceAddress.Parse(address));

    /// <summary>Adds an address to an interface, with the routes that the kernel makes for it.</summary>
    /// <exception cref="ArgumentException">There is no such interface, or it has the address already.</exception>
    public void AddAddress(string name, InterfaceAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (Interface(name).Addresses.Any(known => known.Address == address.Address
            && (known.PrefixLength == address.PrefixLength || address.Address.Family == Addressing.IpFamily.IPv6)))
        {
            throw new ArgumentException($"{name} has the address {address} already.", nameof(address));
        }
        Configuration = Configuration.WithAddress(name, address);
    }

    /// <summary>Removes an address such as <c>10.0.0.1/24</c>; without a length, any with that address.</summary>
    /// <exception cref="ArgumentException">There is no such interface or address.</exception>
    /// <exception cref="FormatException">Not an address.</exception>
    public void RemoveAddress(string name, string address)
    {
        InterfaceAddress wanted = InterfaceAddress.Parse(address);
        bool anyLength = !address.Contains('/', StringComparison.Ordinal);
        InterfaceAddress present = Interface(name).Addresses.FirstOrDefault(known => known.Address == wanted.Address
            && (anyLength || known.PrefixLength == wanted.PrefixLength))
            ?? throw new ArgumentException($"{name} does not have the address {address}.", nameof(address));
        Configuration = Configuration.WithoutAddress(name, present);
        Tracker.ForgetMasqueraded(Interface(name).Index, present.Address);
    }
}
