using System.Globalization;

namespace Netfilter.Sim.Routing;

/// <summary>The settings of a namespace by their <c>sysctl</c> keys: a view that changes it.</summary>
public sealed class SysctlCollection
{
    private readonly NetworkNamespace _host;

    internal SysctlCollection(NetworkNamespace host) => _host = host;

    /// <summary>The value of a key such as <c>net.ipv4.conf.eth0.rp_filter</c>.</summary>
    /// <exception cref="KeyNotFoundException">The key is not one that is known.</exception>
    /// <exception cref="ArgumentException">The value is not one that the key takes.</exception>
    public string this[string key]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(key);
            return _host.ConntrackSettings.TryGet(key, out int setting)
                ? setting.ToString(CultureInfo.InvariantCulture)
                : _host.Configuration.Sysctls.Read(key) ?? throw Unknown(key);
        }
        set
        {
            ArgumentNullException.ThrowIfNull(key);
            if (!long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
            {
                throw new ArgumentException($"'{value}' is not a number.", nameof(value));
            }
            if (_host.ConntrackSettings.TryGet(key, out _))
            {
                _host.ConntrackSettings = number is >= 0 and <= int.MaxValue
                    ? _host.ConntrackSettings.With(key, (int)number)
                    : throw new ArgumentException($"{key} does not take the value {value}.", nameof(value));
                return;
            }
            if (_host.ConntrackSettings.TryGet(key, out _) && number is >= 0 and <= int.MaxValue)
            {
                _host.ConntrackSettings = _host.ConntrackSettings.With(key, (int)number);
                return;
            }
            if (_host.Configuration.Sysctls.Read(key) is null)
            {
                throw Unknown(key);
            }
            _host.Configuration = _host.Configuration.With(_host.Configuration.Sysctls.Write(key, number)
                ?? throw new ArgumentException($"{key} does not take the value {value}.", nameof(value)));
        }
    }

    private static KeyNotFoundException Unknown(string key) =>
        new($"'{key}' is not a sysctl that is modelled, or its interface does not exist.");
}
