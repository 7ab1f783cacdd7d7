using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Slipway.Gateway.Transport;

/// <summary>What the transport asks of Linux. Nothing here ever blocks but <see cref="EpollWait"/>.</summary>
static unsafe partial class Native
{
    public const int Again = 11, Interrupted = 4, Broken = 32, AlreadyConnected = 106, NotConnected = 107, InProgress = 115;
    public const int ManyInProcess = 24, ManyInSystem = 23, NoBuffers = 105, NoMemory = 12;
    public const uint In = 0x1, Out = 0x4, Error = 0x8, HangUp = 0x10, PeerHangUp = 0x2000, EdgeTriggered = 1u << 31;
    public const int AddEvent = 1, ChangeEvent = 3;
    public const int CloseOnExec = 0x80000, NonBlocking = 0x800, NoSignal = 0x4000, More = 0x8000;
    public const int Stream = 1, FamilyIPv4 = 2, FamilyIPv6 = 10, ShutWrite = 1;

    // struct epoll_event is packed on x86-64 alone.
    static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    static readonly nint SendTo = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 44 : 206;
    static readonly nint ReceiveFrom = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 45 : 207;

    public static readonly int EventSize = DataOffset + 8;

    /// <summary>Of the call before, which returned -1.</summary>
    public static int LastError => Marshal.GetLastSystemError();

    public static uint EventsOf(byte* events, int index) => *(uint*)(events + index * EventSize);

    public static ulong DataOf(byte* events, int index) => System.Runtime.CompilerServices.Unsafe.ReadUnaligned<ulong>(events + index * EventSize + DataOffset);

    /// <summary>0, or the error.</summary>
    public static int Control(int epoll, int operation, int fd, uint events, ulong data)
    {
        var buffer = stackalloc byte[16];
        *(uint*)buffer = events;
        Buffer.MemoryCopy(&data, buffer + DataOffset, 8, 8);
        return EpollControl(epoll, operation, fd, buffer) == 0 ? 0 : LastError;
    }

    public static void Set(int fd, int level, int option, int value) => _ = SetOption(fd, level, option, &value, sizeof(int));

    public static void NoDelay(int fd) => Set(fd, 6, 1, 1);

    /// <summary>What close does from here on: the other side gets a reset.</summary>
    public static void ResetOnClose(int fd)
    {
        var linger = stackalloc int[] { 1, 0 };
        _ = SetOption(fd, 1, 13, linger, 2 * sizeof(int));
    }

    /// <summary>Why a connection could not be made, or was lost; 0: nothing.</summary>
    public static int PendingError(int fd)
    {
        int error = 0, length = sizeof(int);
        return GetOption(fd, 1, 4, &error, &length) == 0 ? error : LastError;
    }

    public static bool IsReadable(int fd)
    {
        var poll = new PollFd { Fd = fd, Events = (short)In };
        return Poll(&poll, 1, 0) != 0;
    }

    public static SocketException Failure(int error) => new((int)(error switch
    {
        13 => SocketError.AccessDenied,
        22 => SocketError.InvalidArgument,
        ManyInSystem or ManyInProcess => SocketError.TooManyOpenSockets,
        Broken => SocketError.Shutdown,
        97 => SocketError.AddressFamilyNotSupported,
        98 => SocketError.AddressAlreadyInUse,
        99 => SocketError.AddressNotAvailable,
        100 => SocketError.NetworkDown,
        101 => SocketError.NetworkUnreachable,
        103 => SocketError.ConnectionAborted,
        104 => SocketError.ConnectionReset,
        NoBuffers or NoMemory => SocketError.NoBufferSpaceAvailable,
        NotConnected => SocketError.NotConnected,
        110 => SocketError.TimedOut,
        111 => SocketError.ConnectionRefused,
        112 => SocketError.HostDown,
        113 => SocketError.HostUnreachable,
        _ => SocketError.SocketError,
    }));

    public struct PollFd
    {
        public int Fd;
        public short Events, Returned;
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EpollControl(int epoll, int operation, int fd, byte* change);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EpollWait(int epoll, byte* events, int most, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Read(int fd, void* into, nuint length);

    [LibraryImport("libc", EntryPoint = "write")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Write(int fd, void* from, nuint length);

    // recv and send of glibc are points where a thread may be cancelled, which takes two atomic operations each; the calls themselves are not.
    public static nint Receive(int fd, byte* into, nuint length) => SystemCall(ReceiveFrom, fd, into, (nint)length, 0, 0, 0);

    public static nint Send(int fd, byte* from, nuint length, int flags) => SystemCall(SendTo, fd, from, (nint)length, flags, 0, 0);

    [LibraryImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SystemCall(nint number, nint fd, byte* buffer, nint length, nint flags, nint address, nint addressLength);

    [LibraryImport("libc", EntryPoint = "accept4")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Accept(int fd, byte* address, int* length, int flags);

    [LibraryImport("libc", EntryPoint = "getsockname")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int LocalName(int fd, byte* address, int* length);

    [LibraryImport("libc", EntryPoint = "socket")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Socket(int family, int kind, int protocol);

    [LibraryImport("libc", EntryPoint = "connect")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Connect(int fd, byte* address, int length);

    [LibraryImport("libc", EntryPoint = "shutdown")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Shutdown(int fd, int how);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Poll(PollFd* polls, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "setsockopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetOption(int fd, int level, int option, void* value, int length);

    [LibraryImport("libc", EntryPoint = "getsockopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetOption(int fd, int level, int option, void* value, int* length);
}
