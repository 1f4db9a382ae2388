using System.Diagnostics;
using System.Globalization;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>
/// A network namespace of the real kernel. Namespaces belong to threads: all of this is used by the thread that made it, and
/// the programs that it starts inherit the namespace. It goes away with its last file.
/// </summary>
internal sealed class LiveNamespace : IDisposable
{
    private readonly int _file;

    /// <summary>Makes a namespace; the thread is in it then.</summary>
    public LiveNamespace()
    {
        LibC.Checked(LibC.Unshare(LibC.NewNetworkNamespace), "unshare");
        _file = LibC.Checked(LibC.Open("/proc/thread-self/ns/net", LibC.ReadOnly | LibC.CloseOnExec), "namespace");
    }

    /// <summary>Puts the thread into the namespace.</summary>
    public void Enter() => LibC.Checked(LibC.SetNamespace(_file, LibC.NewNetworkNamespace), "setns");

    /// <summary>Sets a sysctl.</summary>
    /// <exception cref="LiveException">The kernel refuses it.</exception>
    public static void SetSysctl(string key, string value)
    {
        try
        {
            File.WriteAllText("/proc/sys/" + key.Replace('.', '/'), value + "\n");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LiveException($"sysctl {key}={value}: {exception.Message}");
        }
    }

    /// <summary>Sets a sysctl where the kernel has it.</summary>
    public static void SetSysctlIfThere(string key, string value)
    {
        if (File.Exists("/proc/sys/" + key.Replace('.', '/')))
        {
            SetSysctl(key, value);
        }
    }

    /// <summary>Runs a program in the namespace.</summary>
    public static (string Output, string Errors, int ExitCode) Run(IReadOnlyList<string> words, string input = "")
    {
        ProcessStartInfo start = new(Tool(words[0]), words.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["XTABLES_LOCKFILE"] = string.Create(
            CultureInfo.InvariantCulture, $"{Path.GetTempPath()}netfilter-sim-live.{Environment.ProcessId}.lock");
        start.Environment["LC_ALL"] = "C";
        using Process process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (output, errors, process.ExitCode);
    }

    /// <summary>Runs a program that must succeed, and gives its output.</summary>
    /// <exception cref="LiveException">It fails.</exception>
    public static string RunChecked(IReadOnlyList<string> words, string input = "")
    {
        (string output, string errors, int code) = Run(words, input);
        return code == 0 ? output : throw new LiveException($"{string.Join(' ', words)}: exit code {code}: {errors.Trim()}");
    }

    public void Dispose() => LibC.Close(_file);

    // The cases are about x_tables; what is called iptables may be its successor.
    private static string Tool(string name)
    {
        foreach (string prefix in (ReadOnlySpan<string>)["iptables", "ip6tables"])
        {
            if (name == prefix || name == prefix + "-restore" || name == prefix + "-save")
            {
                return prefix + "-legacy" + name[prefix.Length..];
            }
        }
        return name;
    }
}
