/*
 * Rust's standard library asks Windows' bcryptprimitives.dll for random numbers. Wine has that library from version 9
 * on; for older ones this is it.
 */

#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size)
{
	return RtlGenRandom(data, (ULONG)size);
}
