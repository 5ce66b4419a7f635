/* SPDX-License-Identifier: Apache-2.0 */
#include "conf_schema.h"

#include <stdio.h>

void conf_reference(void)
{
}
