using System.Collections.Immutable;

namespace Netfilter.Sim.Routing;

/// <summary>The settings of one interface, of <c>all</c> or of <c>default</c>, for one family. Immutable.</summary>
internal sealed class DeviceSettings
{
    private readonly ImmutableArray<int> _values;

    private DeviceSettings(ImmutableArray<int> values) => _values = values;

    public int this[DeviceSysctl setting] => _values[(int)setting];

    public static DeviceSettings Of(IEnumerable<(DeviceSysctl Setting, int Value)> values)
    {
        int[] all = new int[Enum.GetValues<DeviceSysctl>().Length];
        foreach ((DeviceSysctl setting, int value) in values)
        {
            all[(int)setting] = value;
        }
        return new DeviceSettings([.. all]);
    }

    public DeviceSettings With(DeviceSysctl setting, int value) => new(_values.SetItem((int)setting, value));
}
