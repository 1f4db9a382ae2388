using System.Runtime.InteropServices;
using System.Text;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>Reads new lines of the kernel's log.</summary>
internal sealed class KernelLog : IDisposable
{
    private const int FromEnd = 2;
    private readonly int _file = LibC.Checked(
        LibC.Open("/dev/kmsg", LibC.ReadOnly | LibC.NonBlocking | LibC.CloseOnExec), "/dev/kmsg");
    private readonly byte[] _buffer = new byte[8192];

    public KernelLog() => LibC.Seek(_file, 0, FromEnd);

    /// <summary>The lines that contain a text, since the last time.</summary>
    public List<string> Read(string token)
    {
        List<string> lines = [];
        while (true)
        {
            nint length = LibC.Read(_file, _buffer, _buffer.Length);
            if (length < 0 && Marshal.GetLastPInvokeError() != LibC.BrokenPipe)
            {
                return lines;
            }
            string record = length > 0 ? Encoding.Latin1.GetString(_buffer, 0, (int)length) : "";
            string line = record[(record.IndexOf(';', StringComparison.Ordinal) + 1)..].Split('\n')[0];
            if (line.Contains(token, StringComparison.Ordinal))
            {
                lines.Add(line);
            }
        }
    }

    public void Dispose() => LibC.Close(_file);
}
