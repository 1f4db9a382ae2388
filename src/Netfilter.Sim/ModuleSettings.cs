using System.Runtime.CompilerServices;

// Locals are not set to zero at the start of every method: the packet path has many of them, and it is a twentieth of the time
// of a new connection. stackalloc gives memory with anything in it; who needs zeros there asks for them.
[module: SkipLocalsInit]
