using System.Globalization;
using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.Conformance;

/// <summary>What the command line asks for.</summary>
internal sealed record ConformanceOptions
{
    public const string Usage = """
        Plays recorded cases and compares with what was recorded.

          --kernel DIR --syntax DIR --cli DIR --corpus DIR --kube DIR --cluster DIR
                          where cases lie: a folder or a zip file; may be given several times;
                          without any, the repository's own copies are played
          --json FILE     writes the result
          --filter TEXT   only cases whose family or name contains the text
          --detail        counts kernel cases by their own families
          --causes        counts failures by cause in place of listing them
          --jobs N        number of threads

          --fuzz N [--seed S]     instead runs N randomly changed commands, dumps and packets
          --growth N [--seed S]   instead measures how the cost of N such texts grows when they are doubled

          --live N [--seed S|random] [--differences D]
                          instead compares with the kernel of this machine: plays N packets, about 25 to
                          a random ruleset, in network namespaces and here, and stops at the first
                          difference (the Dth), shrunk and written as a case. Needs Linux, root, TUN
                          devices and iptables-legacy; without them it is skipped
          reference             instead writes the reference page of all extensions
          fidelity              instead writes the page that counts the cases of each extension
        """;

    /// <summary>Kinds and where their cases lie, as given.</summary>
    public List<(ICaseKind Kind, string Path)> Sources { get; } = [];

    public string? JsonFile { get; private set; }

    public string? Filter { get; private set; }

    public bool Detail { get; private set; }

    public bool Causes { get; private set; }

    public int Jobs { get; private set; } = Environment.ProcessorCount;

    /// <exception cref="ArgumentException">An option is unknown or lacks its value.</exception>
    public static ConformanceOptions Parse(IReadOnlyList<string> args)
    {
        var options = new ConformanceOptions();
        for (int i = 0; i < args.Count; i++)
        {
            string name = args[i];
            switch (name)
            {
                case "--detail":
                    options.Detail = true;
                    continue;
                case "--causes":
                    options.Causes = true;
                    continue;
            }
            if (++i == args.Count)
            {
                throw new ArgumentException($"{name}: unknown option, or its value is missing\n{Usage}");
            }
            options.Take(name, args[i]);
        }
        return options;
    }

    private void Take(string name, string value)
    {
        switch (name)
        {
            case "--json":
                JsonFile = value;
                return;
            case "--filter":
                Filter = value;
                return;
            case "--jobs":
                Jobs = int.TryParse(value, CultureInfo.InvariantCulture, out int jobs) && jobs > 0
                    ? jobs
                    : throw new ArgumentException($"--jobs: not a positive number: {value}");
                return;
        }
        ICaseKind kind = CaseKinds.All.FirstOrDefault(known => name == "--" + known.Name)
            ?? throw new ArgumentException($"unknown option {name}\n{Usage}");
        Sources.Add((kind, value));
    }
}
